import NIOCore
import Policy
import TestSupport
import Testing

@testable import Coordination

/// What is told of limits is what they answer, whichever engine keeps them.
@Suite(.needsRedis, .timeLimit(.minutes(2)))
struct LimitOutlookTests {
  private static let group = LimitGroup(
    prefix: "sy:{t:a}",
    limits: [
      limit("rl:requests:hour", .requests, .bucket(Bucket.Rule(tokens: 3, window: 3_600_000))),
      limit("budget:tokens:day", .tokens, .budget(capacity: 100, .day, .utc)),
      limit("sem", .concurrent, .slots(Slots.Rule(count: 2, lifetime: 30_000))),
    ])

  private static func limit(_ key: String, _ measure: Limit.Measure, _ shape: Limit.Shape) -> Limit {
    Limit(
      path: key, name: key, label: key, measure: measure, shape: shape, outage: .share, key: "sy:{t:a}:\(key)"
    )
  }

  private static func demand(_ tokens: Int64) -> Demand {
    Demand(inputTokens: tokens, outputTokens: 0, microdollars: 0)
  }

  @Test(arguments: LimiterUnderTest.Engine.allCases)
  func itAnswersAsTheLimitsWouldAndTakesNothing(engine: LimiterUnderTest.Engine) async throws {
    let limiter = try await LimiterUnderTest(engine)
    for (tokens, admits) in [(40, true), (90, false), (30, true), (31, false), (1, false)] as [(Int64, Bool)]
    {
      let told = try await limiter.outlook(Self.group, Self.demand(tokens))
      let again = try await limiter.outlook(Self.group, Self.demand(tokens))
      #expect(told.lines.map(\.left) == again.lines.map(\.left))
      #expect((told.refusal == nil) == admits, "\(tokens)")
      let answer = try await limiter.admit([Self.group], Self.demand(tokens))
      #expect((answer.grant != nil) == admits, "\(tokens)")
      #expect(told.refusal?.limit.key == answer.refusal?.limit.key)
    }
    try await limiter.end()
  }

  @Test(arguments: LimiterUnderTest.Engine.allCases)
  func itTellsWhatIsLeftBeforeTheRequest(engine: LimiterUnderTest.Engine) async throws {
    let limiter = try await LimiterUnderTest(engine)
    _ = try await limiter.admit([Self.group], Self.demand(40))
    let told = try await limiter.outlook(Self.group, Self.demand(70))
    #expect(told.lines.map(\.left) == [2, 60, 1])
    #expect(told.lines.map(\.cost) == [1, 70, 1])
    #expect(told.lines.map(\.hasRoom) == [true, false, true])
    #expect(told.basis == .shared)
    #expect(told.refusal?.limit.measure == .tokens)
    #expect(told.refusal?.left == 60)
    try await limiter.end()
  }

  @Test func offlineNothingIsKnown() {
    let told = LimitOutlook().answer(of: Self.group, Self.demand(7))
    #expect(told.lines.allSatisfy { $0.left == nil && $0.hasRoom == nil })
    #expect(told.lines.map(\.cost) == [1, 7, 1])
    #expect(told.refusal == nil)
    #expect(told.basis == .unknown)
  }
}

extension LimiterUnderTest {
  fileprivate func outlook(_ group: LimitGroup, _ demand: Demand) async throws -> LimitOutlook.Answer {
    let promise = loop.makePromise(of: LimitOutlook.self)
    try await onLoop { limiter, state in
      guard let reader = state as? any LimitReading else { preconditionFailure("it can't be read") }
      limiter.outlook(of: [group], reader) { promise.succeed($0) }
    }
    return try await promise.futureResult.get().answer(of: group, demand)
  }
}
