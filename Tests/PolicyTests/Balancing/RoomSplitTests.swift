import Policy
import Testing

struct RoomSplitTests {
  private func ceilings(_ limit: Int, turn: Int64 = 0, _ replicas: [RoomSplit.Replica]) -> [Int] {
    let split = RoomSplit(replicas, turn: turn)
    return replicas.indices.map { split.ceiling(of: $0, limit) }
  }

  private func idle(_ count: Int) -> [RoomSplit.Replica] {
    Array(repeating: .init(inFlight: 0), count: count)
  }

  @Test func whatIsFreeIsDividedAmongAll() {
    #expect(ceilings(12, idle(3)) == [4, 4, 4])
    #expect(ceilings(5, idle(1)) == [5])
    #expect(ceilings(10, [.init(inFlight: 4), .init(inFlight: 0)]) == [7, 3])
  }

  @Test func aRemainderGoesRound() {
    #expect((0..<3).map { ceilings(1, turn: $0, idle(3)) } == [[1, 0, 0], [0, 0, 1], [0, 1, 0]])
    #expect((0..<3).map { ceilings(5, turn: $0, idle(3)).reduce(0, +) } == [5, 5, 5])
  }

  @Test func whoWantsLittleGetsItAndTheOthersShareTheRest() {
    let split: [RoomSplit.Replica] = [
      .init(inFlight: 0, waiting: 1), .init(inFlight: 0, waiting: 50), .init(inFlight: 0, waiting: 9),
    ]
    #expect(ceilings(9, split) == [1, 4, 4].map { min($0, 3) }, "of nine that are free, three each at first")
    let later: [RoomSplit.Replica] = [
      .init(inFlight: 1), .init(inFlight: 3, waiting: 47), .init(inFlight: 3, waiting: 6),
    ]
    #expect(ceilings(9, later) == [1, 4, 4])
  }

  /// Else whoever came first would keep all of it as long as it has a queue.
  @Test func whoHasMoreThanItsPartComesDownWhereOthersWait() {
    #expect(ceilings(10, [.init(inFlight: 10, waiting: 20), .init(inFlight: 0, waiting: 5)]) == [5, 0])
    #expect(ceilings(10, [.init(inFlight: 7, waiting: 23), .init(inFlight: 0, waiting: 5)]) == [5, 3])
    #expect(
      ceilings(1, turn: 0, [.init(inFlight: 1, waiting: 9), .init(inFlight: 0, waiting: 1)]) == [1, 0])
    #expect(
      ceilings(1, turn: 1, [.init(inFlight: 1, waiting: 9), .init(inFlight: 0, waiting: 1)]) == [0, 0])
  }

  /// As long as all see the same and nobody is above the limit, nobody can come to be.
  @Test func whatAllMayHaveIsNeverMoreThanTheLimit() {
    var random = Chance(seed: 11)
    for _ in 0..<20_000 {
      let limit = 1 + random.below(40)
      var room = limit
      let replicas = (0...random.below(9)).map { _ in
        let inFlight = random.below(room + 1)
        room -= inFlight
        return RoomSplit.Replica(inFlight: inFlight, waiting: random.below(3) == 0 ? random.below(30) : 0)
      }
      let ceilings = ceilings(limit, turn: Int64(random.below(1_000)), replicas)
      // Of those that are above their part, what they have counts until it has ended.
      #expect(ceilings.reduce(0, +) <= limit, "\(replicas) of \(limit): \(ceilings)")
      let most = zip(ceilings, replicas).reduce(0) { $0 + max($1.0, $1.1.inFlight) }
      #expect(most <= limit, "\(replicas) of \(limit): \(ceilings)")
    }
  }

  @Test func nobodyThatWaitsIsLeftOutForEver() {
    var random = Chance(seed: 5)
    for _ in 0..<500 {
      let limit = 1 + random.below(6)
      var replicas = (0..<(1 + random.below(8))).map { _ in
        RoomSplit.Replica(inFlight: 0, waiting: random.below(20))
      }
      replicas[0] = .init(inFlight: limit, waiting: 100)
      var served = replicas.map { $0.waiting == 0 }
      // What each has ends at once; who may, begins. All look five times a turn.
      for look in 0..<Int64(20 * replicas.count) {
        let now = ceilings(limit, turn: look / 5, replicas)
        for place in replicas.indices {
          let all = replicas[place].inFlight + replicas[place].waiting
          let begun = min(all, now[place])
          if begun > 0 { served[place] = true }
          replicas[place] = .init(inFlight: begun, waiting: all - begun)
        }
      }
      #expect(!served.contains(false), "\(limit): \(replicas)")
    }
  }
}
