import Policy
import Testing

struct LoadSharingTests {
  private static let some = EndpointLoads(["a": 1])

  /// What is sent over `span` milliseconds with a timer each 100.
  private static func turns(_ replicas: Int, span: Int64, loads: (Int64) -> EndpointLoads) -> [(
    at: Int64, LoadSharing.Turn
  )] {
    var sharing = LoadSharing()
    return stride(from: 0, to: span, by: 100).compactMap { now in
      sharing.next(loads(now), replicas: replicas, now: now).map { (now, $0) }
    }
  }

  @Test func whatAllHaveIsReadFiveTimesASecond() {
    let turns = Self.turns(3, span: 2_000) { _ in Self.some }
    #expect(turns.map(\.at) == Array(stride(from: 0, to: 2_000, by: 200)))
    #expect(turns.allSatisfy { $0.1.wantsAll })
    #expect(turns.map(\.1.sequence) == Array(1...10))
  }

  @Test func whatChangedIsToldTenTimesASecond() {
    let turns = Self.turns(3, span: 1_000) { EndpointLoads(["a": 1 + Int($0)]) }
    #expect(turns.map(\.at) == Array(stride(from: 0, to: 1_000, by: 100)))
    #expect(turns.filter(\.1.wantsAll).map(\.at) == [0, 200, 400, 600, 800])
  }

  @Test func manyReplicasReadLessOften() {
    let turns = Self.turns(60, span: 1_000) { _ in Self.some }
    #expect(turns.filter(\.1.wantsAll).map(\.at) == [0, 300, 600, 900])
  }

  /// Beyond 64 nobody reads; what does not change is told each second, as it counts for 1.2 s only.
  @Test func tooManyReplicasOnlyTell() {
    let turns = Self.turns(65, span: 3_000) { _ in Self.some }
    #expect(turns.map(\.at) == [0, 1_000, 2_000])
    #expect(turns.allSatisfy { !$0.1.wantsAll })
  }

  @Test func oneReplicaOfAllSweepsEachSecond() {
    for replicas in [1, 4] {
      let sweeps = Self.turns(replicas, span: 8_000) { _ in Self.some }.filter(\.1.sweeps)
      #expect(sweeps.count == 8 / replicas)
    }
  }

  @Test func nothingIsSaidTwiceWithinATurn() {
    var sharing = LoadSharing()
    #expect(sharing.next(Self.some, replicas: 2, now: 0) != nil)
    #expect(!sharing.isDue(94))
    #expect(sharing.next(EndpointLoads(["a": 9]), replicas: 2, now: 94) == nil)
    #expect(sharing.next(EndpointLoads(["a": 9]), replicas: 2, now: 95)?.loads["a"] == 9)
  }

  @Test func whatWasNotHeardIsSaidAgain() {
    var sharing = LoadSharing()
    _ = sharing.next(Self.some, replicas: 2, now: 0)
    #expect(sharing.next(Self.some, replicas: 2, now: 100) == nil)
    sharing.failed()
    let turn = sharing.next(Self.some, replicas: 2, now: 100)
    #expect(turn?.wantsAll == true)
    #expect(turn?.loads == Self.some)
  }
}
