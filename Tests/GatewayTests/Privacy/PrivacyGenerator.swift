import Policy

/// Makes up requests: each of what tells of a class, and of the ways that a request may go, with each other one.
struct PrivacyGenerator: Sendable {
  private var chance: Chance
  private var left: Int
  private var mark = 0
  /// The last ones, to be asked for again while their answers are kept.
  private var former: [PrivacyCase] = []

  init(seed: UInt64, count: Int) { (chance, left) = (Chance(seed: seed), count) }

  /// One or two that are sent at the same time, with the same body; none at the end.
  mutating func next() -> [PrivacyCase] {
    guard left > 0 else { return [] }
    let cases = chance.below(8) == 0 && !former.isEmpty ? [former[chance.below(former.count)]] : fresh()
    left -= cases.count
    return cases
  }

  private mutating func fresh() -> [PrivacyCase] {
    mark += 1
    var one = PrivacyCase(mark: mark)
    let model = ["chat", "chat", "duo", "duo", "duo", "lab", "pool", "back", "open", nil, nil]
    one.model = model[chance.below(model.count)]
    one.isResponses = chance.below(10) == 0
    one.isStream = !one.isResponses && chance.below(3) == 0
    one.isPinned = one.model == "chat" && chance.below(4) == 0
    if chance.below(3) == 0 { one.desk = ["clinic", "ward", "short", "swap"][chance.below(4)] }
    if chance.below(6) == 0 { one.session = chance.below(40) }
    tellClasses(&one)
    if former.count == 24 { former.removeFirst() }
    former.append(one)
    guard chance.below(4) == 0 else { return [one] }
    var twin = one
    if chance.below(2) == 0 { twin.declared = declared() }
    return [one, twin]
  }

  private mutating func tellClasses(_ one: inout PrivacyCase) {
    if chance.below(3) == 0 { one.key = PrivacyCase.Key.allCases[chance.below(4)] }
    if chance.below(4) == 0 { one.declared = declared() }
    guard chance.below(3) == 0 else { return }
    for _ in 0...chance.below(2) {
      var piece = PrivacyCase.Piece.all[chance.below(PrivacyCase.Piece.all.count)]
      piece.place = PrivacyCase.Piece.Place.allCases[chance.below(3)]
      one.pieces.append(piece)
    }
  }

  /// One class, or two.
  private mutating func declared() -> [String] {
    if chance.below(12) == 0 { return ["secret"] }
    let names = ["phi", "pii", "pci", "staff"]
    return chance.below(4) == 0 ? ["pii", "pci"] : [names[chance.below(names.count)]]
  }
}
