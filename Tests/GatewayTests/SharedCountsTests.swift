import Synchronization
import Testing

@testable import Gateway

struct SharedCountsTests {
  @Test func theLimitItselfMayBeReached() {
    let counts = SharedCounts()
    #expect(counts.reserve(60, limit: 100))
    #expect(counts.reserve(40, limit: 100))
    #expect(!counts.reserve(1, limit: 100))
    #expect(counts.buffered.load(ordering: .relaxed) == 100)
  }

  @Test func aRefusalTakesNothing() {
    let counts = SharedCounts()
    #expect(!counts.reserve(101, limit: 100))
    #expect(counts.buffered.load(ordering: .relaxed) == 0)
    #expect(counts.reserve(100, limit: 100))
  }

  @Test func fourThreadsNeverHoldMoreThanTheLimit() async {
    let counts = SharedCounts()
    let seen = Seen()
    await onFourThreads { number in
      for round in 0..<20_000 {
        let count = 20 + (number + round) % 30
        guard counts.reserve(count, limit: 100) else { continue }
        seen.take(count)
        seen.giveBack(count)
        counts.buffered.wrappingSubtract(count, ordering: .relaxed)
      }
    }
    #expect(seen.most.load(ordering: .relaxed) <= 100)
    #expect(seen.most.load(ordering: .relaxed) > 0)
    #expect(counts.buffered.load(ordering: .relaxed) == 0)
  }
}

/// What was granted and not given back, counted beside.
private final class Seen: Sendable {
  private let held = Atomic(0)
  let most = Atomic(0)

  func take(_ count: Int) { most.max(held.add(count, ordering: .relaxed).newValue, ordering: .relaxed) }
  func giveBack(_ count: Int) { held.subtract(count, ordering: .relaxed) }
}
