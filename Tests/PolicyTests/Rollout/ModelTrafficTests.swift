import Policy
import Testing

/// What minutes come to.
struct ModelTrafficTests {
  @Test func minutesAreLookedAtOnceAllReplicasHaveTold() {
    let minute: Int64 = 29_921_504
    let seconds = ModelTraffic.seconds(now: minute * 60_000 + 5_000)
    #expect(seconds.count == ModelTraffic.window && seconds.last == minute * 60)
    #expect(ModelTraffic.seconds(now: minute * 60_000 + 4_999).last == (minute - 1) * 60)
    #expect(seconds == seconds.sorted() && seconds.allSatisfy { $0 % 60 == 0 })
    #expect(ModelTraffic.seconds(now: 0) == [0])
  }

  @Test func minutesCountFromTheFirstThatIsKnown() throws {
    let words = ModelTraffic.words(requests: 30, inputTokens: 300, outputTokens: 60, cost: 900)
    let traffic = try #require(ModelTraffic([[:], ["c.n": 5], words, [:], words]))
    #expect(
      (traffic.requests, traffic.inputTokens, traffic.outputTokens, traffic.cost) == (60, 600, 120, 1_800))
    #expect(traffic.minutes == 3 && traffic.requestsPerDay == 28_800)
    #expect(ModelTraffic([[:], ["m.cost": 5]]) == nil && ModelTraffic([]) == nil)
    #expect(ModelTraffic([["m.n": 1, "m.in": -5]])?.inputTokens == 0)
  }
}
