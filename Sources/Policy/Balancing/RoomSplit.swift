/// How replicas share an endpoint that takes only so many requests at a time, by what each has told of itself.
///
/// What all want is met as far as it goes, the least first (max-min fairness); what nobody wants is divided among all alike, so that
/// each may begin at once. Nobody is given more of what is free than its part: as long as all see the same, what they may have comes to
/// no more than the limit. Who has more than its part begins nothing until it has come down. A remainder that can't be divided goes
/// round by the clock that all share.
package struct RoomSplit: Sendable {
  package struct Replica: Equatable, Sendable {
    package var inFlight: Int
    /// Requests that would be in flight there if there were room.
    package var waiting: Int

    package init(inFlight: Int, waiting: Int = 0) { (self.inFlight, self.waiting) = (inFlight, waiting) }
  }

  /// Milliseconds of the shared clock after which a remainder is the next one's.
  package static let period: Int64 = 1_000

  private let replicas: [Replica]
  private let turn: Int64

  /// `replicas` in an order that is the same everywhere.
  package init(_ replicas: [Replica], turn: Int64) { (self.replicas, self.turn) = (replicas, turn) }

  /// Requests that the replica at `place` may have in flight.
  package func ceiling(of place: Int, _ limit: Int) -> Int {
    let targets = targets(limit)
    let claimants = replicas.indices.filter { replicas[$0].inFlight < targets[$0] }
    guard let rank = claimants.firstIndex(of: place) else { return targets[place] }
    let room = max(0, limit - replicas.reduce(0) { $0 + $1.inFlight })
    let share = room / claimants.count + (isNext(rank, of: claimants.count, room % claimants.count) ? 1 : 0)
    return min(targets[place], replicas[place].inFlight + share)
  }

  /// What each is to have in the end.
  private func targets(_ limit: Int) -> [Int] {
    let wanted = replicas.map { max(0, $0.inFlight) + max(0, $0.waiting) }
    var targets = [Int](repeating: 0, count: replicas.count)
    var left = limit
    var open = replicas.indices.filter { wanted[$0] > 0 }
    while left > 0, !open.isEmpty {
      let part = left / open.count
      if part == 0 {
        for (rank, place) in open.enumerated() where isNext(rank, of: open.count, left) {
          targets[place] += 1
        }
        return targets
      }
      for place in open {
        let more = min(part, wanted[place] - targets[place])
        targets[place] += more
        left -= more
      }
      open.removeAll { targets[$0] == wanted[$0] }
    }
    for place in targets.indices {
      targets[place] += left / targets.count
      if isNext(place, of: targets.count, left % targets.count) { targets[place] += 1 }
    }
    return targets
  }

  /// Whether one of `count` is among the `few` whose turn it is.
  private func isNext(_ rank: Int, of count: Int, _ few: Int) -> Bool {
    (rank + Int(turn % Int64(count))) % count < few
  }
}
