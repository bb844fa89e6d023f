/// Which of several answers is the best one, where only two can be compared: each challenges the best so far. Of answers of which
/// neither is better, the earlier stays.
package struct Knockout: Sendable {
  /// The best so far.
  package private(set) var champion: Int
  private var challengers: ArraySlice<Int>

  /// Nil for nobody. `places` come in the order in which they are preferred.
  package init?(_ places: [Int]) {
    guard let first = places.first else { return nil }
    (champion, challengers) = (first, places.dropFirst())
  }

  /// Who is next; nil once the champion is the best of all.
  package var challenger: Int? { challengers.first }

  /// What came of the challenger's answer beside the champion's.
  package mutating func settle(_ verdict: PairVerdict) {
    guard let challenger = challengers.popFirst() else {
      preconditionFailure("a knockout was settled that is over")
    }
    if verdict == .better { champion = challenger }
  }
}

extension PairVerdict {
  /// What a judge makes of a pair that it was asked about twice, the answers once in each order: judges like some places better, and what
  /// depends on the place is no verdict. Nil: it said nothing that could be heard.
  package static func agreed(_ straight: PairVerdict?, _ swapped: PairVerdict?) -> PairVerdict {
    straight == swapped ? straight ?? .same : .same
  }
}
