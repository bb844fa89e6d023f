import Policy
import Testing

@testable import Coordination

/// What a replica knows of budgets without asking.
@Suite(.needsRedis, .timeLimit(.minutes(2)))
struct LimiterSteeringTests {
  /// A thousand micro-dollars a day, of which the last fifth is for what is cheap.
  private static let group = LimitGroup(
    prefix: "sy:{t:a}",
    limits: [
      tokenLimit(1_000),
      Limit(
        path: "tenants.a.limits[1]", name: "dollars", label: "dollars", measure: .dollars,
        shape: .budget(capacity: 1_000, .day, .utc), outage: .share, key: "sy:{t:a}:budget:dollars:day",
        steer: 80),
    ])

  private func steers(_ limiter: LimiterUnderTest, _ group: LimitGroup = Self.group) async throws -> Bool {
    try await limiter.onLoop { limiter, _ in limiter.steering(of: group)?.steer == 80 }
  }

  @Test(arguments: LimiterUnderTest.Engine.allCases)
  func whatAReplyLeavesDecidesTheNextRequest(engine: LimiterUnderTest.Engine) async throws {
    let limiter = try await LimiterUnderTest(engine)
    #expect(try await !steers(limiter), "nothing is known")
    let first = try await limiter.admit([Self.group], tokens(1, microdollars: 799))
    #expect(try await !steers(limiter))
    let second = try await limiter.admit([Self.group], tokens(1, microdollars: 1))
    #expect(try await steers(limiter))
    try await limiter.settle(first.grant, .nothing)
    #expect(try await steers(limiter), "a settlement says nothing of what is left")
    let third = try await limiter.admit([Self.group], tokens(1, microdollars: 1))
    #expect(try await !steers(limiter), "and the next reply does")
    try await limiter.settle(second.grant, .nothing)
    try await limiter.settle(third.grant, .nothing)
    try await limiter.end()
  }

  @Test(arguments: LimiterUnderTest.Engine.allCases)
  func aRefusalTellsToo(engine: LimiterUnderTest.Engine) async throws {
    let limiter = try await LimiterUnderTest(engine)
    let first = try await limiter.admit([Self.group], tokens(1, microdollars: 700))
    #expect(try await !steers(limiter))
    // What others take is not heard of before the next reply.
    let apart = LimitGroup(prefix: Self.group.prefix, limits: [dayBudget(1_000)])
    let others = try await limiter.admit([apart], tokens(1, microdollars: 200))
    #expect(others.grant != nil)
    #expect(try await !steers(limiter))
    #expect(try await limiter.admit([Self.group], tokens(1, microdollars: 500)).refusal?.left == 100)
    #expect(try await steers(limiter))
    try await limiter.settle(first.grant, .nothing)
    try await limiter.settle(others.grant, .nothing)
    try await limiter.end()
  }

  @Test func withoutABudgetThatSteersNothingIsKept() async throws {
    let limiter = try await LimiterUnderTest(.embedded)
    let plain = LimitGroup(prefix: "sy:{t:a}", limits: [dayBudget(1_000)])
    _ = try await limiter.admit([plain], tokens(1, microdollars: 999))
    #expect(try await !steers(limiter, plain))
    #expect(try await !steers(limiter), "the same key, and no reply was asked for it")
    try await limiter.end()
  }
}
