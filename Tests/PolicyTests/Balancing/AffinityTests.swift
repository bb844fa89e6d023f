import Policy
import Testing

struct AffinityTests {
  private static func options(_ loads: [Int], weights: [Double]? = nil) -> [Balancer.Option] {
    loads.indices.map { Balancer.Option(position: $0, weight: weights?[$0] ?? 1, own: loads[$0]) }
  }

  private static func preferred(_ options: [Balancer.Option], names: [UInt64], key: UInt64) -> Int? {
    Affinity().choose(options, names: names, key: key, .fresh)
  }

  @Test func keysAreSharedByWeight() {
    var counts = [0, 0, 0]
    for key in 0..<30_000 as Range<UInt64> {
      guard
        let at = Self.preferred(Self.options([0, 0, 0], weights: [1, 1, 2]), names: [11, 22, 33], key: key)
      else {
        Issue.record("an idle pool has room")
        return
      }
      counts[at] += 1
    }
    for (count, share) in zip(counts, [0.25, 0.25, 0.5]) {
      #expect(abs(Double(count) / 30_000 - share) < 0.02)
    }
  }

  /// An endpoint that goes takes only its own keys with it, and positions don't matter.
  @Test func otherKeysStayWhereTheyAre() {
    for key in 0..<500 as Range<UInt64> {
      let all = Self.preferred(Self.options([0, 0, 0, 0]), names: [1, 2, 3, 4], key: key)
      let fewer = Self.preferred(Self.options([0, 0, 0]), names: [4, 2, 1], key: key)
      if all != 2 { #expect([4, 2, 1][fewer ?? 0] == [1, 2, 3, 4][all ?? 0] as UInt64) }
    }
  }

  @Test func oneThatIsOutLeavesItsKeysToTheOthers() {
    for key in 0..<200 as Range<UInt64> {
      let left = Self.preferred(Self.options([0, 0, 0], weights: [1, 0, 1]), names: [1, 2, 3], key: key)
      #expect(left == Self.preferred(Self.options([0, 0]), names: [1, 3], key: key).map { $0 * 2 })
      #expect(Self.preferred(Self.options([0, 0], weights: [0, 0]), names: [1, 2], key: key) == nil)
    }
  }

  @Test func aBusyOneIsPassedOver() {
    let key =
      (0..<100 as Range<UInt64>).first {
        Self.preferred(Self.options([0, 0]), names: [1, 2], key: $0) == 0
      } ?? 0
    #expect(Self.preferred(Self.options([10, 10]), names: [1, 2], key: key) == 0)
    // One more than 17 would be over 1.25 of half of what there would be, 16.9 rounded up.
    #expect(Self.preferred(Self.options([16, 9]), names: [1, 2], key: key) == 0)
    #expect(Self.preferred(Self.options([17, 9]), names: [1, 2], key: key) == nil)
  }
}
