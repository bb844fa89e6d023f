/// A vote on one answer: several give theirs, and what most of them say wins.
///
/// It is decided once so many say the same as the quorum asks for, or all have voted. Where no answer leads, the earliest of those that do
/// wins, and where all say something else, the one that is most like the others.
package struct VoteTally: Sendable {
  package enum Ballot: Sendable, Equatable {
    case answer(String)
    /// Those who refuse to answer say the same.
    case refusal
    /// It failed, or can't be compared.
    case none
  }

  /// How a winner was found. The raw values are labels of metrics.
  package enum Way: String, Sendable, CaseIterable {
    /// So many say the same as the quorum asks for.
    case quorum
    /// More say this than anything else.
    case plurality
    /// As many say something else: the earliest.
    case tie
    /// All say something else: the one that is most like the others.
    case medoid
    /// Nobody else has said anything.
    case only
  }

  package struct Decision: Sendable, Equatable {
    /// Of the voter whose answer is taken.
    package let place: Int
    /// How many say the same.
    package let votes: Int
    package let way: Way

    package init(place: Int, votes: Int, way: Way) {
      (self.place, self.votes, self.way) = (place, votes, way)
    }
  }

  private struct Group {
    /// Nil: those who refuse.
    let answer: CanonicalAnswer?
    /// In rising order.
    var places: [Int]
  }

  private let quorum: Int
  private var pending: Int
  private var texts: [Int: String] = [:]
  private var groups: [Group] = []

  /// `quorum`: votes for one answer that end it.
  package init(voters: Int, quorum: Int) { (pending, self.quorum) = (voters, quorum) }

  /// Each voter once.
  package mutating func cast(_ place: Int, _ ballot: Ballot) {
    pending -= 1
    switch ballot {
    case .none: break
    case .refusal: add(place, nil)
    case .answer(let text):
      texts[place] = text
      add(place, CanonicalAnswer(text))
    }
  }

  private mutating func add(_ place: Int, _ answer: CanonicalAnswer?) {
    guard let index = groups.firstIndex(where: { $0.answer == answer }) else {
      return groups.append(Group(answer: answer, places: [place]))
    }
    groups[index].places.append(place)
    groups[index].places.sort()
  }

  /// Nil while another vote may change it, and where nobody has said anything.
  package var decision: Decision? {
    guard let best else { return nil }
    return pending == 0 || best.way == .quorum ? best : nil
  }

  /// By what has come so far; nil where that is nothing.
  package var best: Decision? {
    guard let leader = groups.min(by: Self.goesBefore) else { return nil }
    let votes = leader.places.count
    func by(_ way: Way) -> Decision { Decision(place: leader.places[0], votes: votes, way: way) }
    if votes >= quorum { return by(.quorum) }
    if groups.count == 1, votes == 1 { return by(.only) }
    let rivals = groups.filter { $0.places.count == votes }.count
    if rivals == 1 { return by(.plurality) }
    return votes == 1 ? medoid ?? by(.tie) : by(.tie)
  }

  /// More votes first, then an answer before a refusal, then the earliest.
  private static func goesBefore(_ one: Group, _ other: Group) -> Bool {
    if one.places.count != other.places.count { return one.places.count > other.places.count }
    if (one.answer == nil) != (other.answer == nil) { return one.answer != nil }
    return one.places[0] < other.places[0]
  }

  /// Of three and more: of two, none is more like the other.
  private var medoid: Decision? {
    let places = texts.keys.sorted()
    guard places.count > 2,
      let index = AnswerLikeness.medoid(of: places.compactMap { texts[$0] })
    else { return nil }
    return Decision(place: places[index], votes: 1, way: .medoid)
  }
}
