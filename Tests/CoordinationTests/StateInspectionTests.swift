import NIOCore
import Policy
import Testing

@testable import Coordination

@Suite(.needsRedis, .timeLimit(.minutes(5)))
struct StateInspectionTests {
  @Test func whatALimiterWroteIsRead() async throws {
    let limiter = try await LimiterUnderTest(.redis)
    let group = LimitGroup(
      prefix: "sy:{t:a}", limits: [tokenLimit(1_000, key: "sy:{t:a}:rl:key:ci:tokens:hour"), slotLimit(3)])
    let answer = try await limiter.admit([group], tokens(400))
    _ = try limiter.redis?.send("SET", "sy:{t:b}:rl:tokens:minute", "someone's")
    _ = try limiter.redis?.send("SET", "other", "x")
    let address = try RedisAddress("unix://\(limiter.redis?.socket ?? "")")
    let found = try await StateInspection(address, prefix: "sy", tag: "t:a").read()
    #expect(found.now > 1_700_000_000_000)
    #expect(found.keys.map(\.tag) == ["t:a", "t:a", "t:a"])
    let values = Dictionary(uniqueKeysWithValues: found.keys.map { ($0.key, $0.value) })
    guard case .bucket(let bucket, let rule) = values["sy:{t:a}:rl:key:ci:tokens:hour"] else {
      Issue.record("\(values)")
      return
    }
    #expect(bucket.tokens(rule) == 600)
    let all = try await StateInspection(address, prefix: "sy", tag: nil).read()
    #expect(all.keys.contains { $0.value == .foreign("someone's") })
    #expect(!all.keys.contains { $0.key == "other" })
    try await limiter.settle(answer.grant, tokens(1))
    try await limiter.end()
  }

  @Test func aRedisThatIsAwayIsSaidToBe() async throws {
    let address = try RedisAddress("unix:///nowhere/redis")
    await #expect(throws: StateInspection.Failure.self) {
      try await StateInspection(address, prefix: "sy", tag: nil).read(patience: .milliseconds(200))
    }
  }
}
