import Policy
import TestSupport
import Testing

@testable import Coordination

/// A hot group through the limiter, whichever engine keeps it.
@Suite(.needsRedis, .timeLimit(.minutes(2)))
struct LimiterLeaseTests {
  private static let group = LimitGroup(prefix: "sy:{t:a}", limits: [tokenLimit(2_000)])

  private func hot(_ engine: LimiterUnderTest.Engine) async throws -> LimiterUnderTest {
    let limiter = try await LimiterUnderTest(engine, leases: LeaseTerms(rate: 10))
    limiter.replica.counted(2)
    try await limiter.pass(2_100)
    return limiter
  }

  /// Exchanges of a token each, ended at once; how many.
  private func rounds(_ count: Int, _ limiter: LimiterUnderTest) async throws -> Int64 {
    for _ in 0..<count {
      for _ in 0..<30 {
        let answer = try await limiter.admit([Self.group], tokens(1))
        try await limiter.settle(answer.grant, tokens(1))
      }
      try await limiter.pass(600)
    }
    return Int64(count * 30)
  }

  /// Once nobody asks any more, all that was charged ahead goes back.
  private func end(_ limiter: LimiterUnderTest, left: Int64) async throws {
    let isSettled = try await eventually {
      try await limiter.pass(600)
      return try await limiter.left(Self.group) == [left]
    }
    let found = try await limiter.left(Self.group)
    #expect(isSettled, "\(found) left, not \(left)")
    #expect(try await limiter.onLoop { limiter, _ in limiter.waiting } == 0)
    try await limiter.end()
  }

  @Test(arguments: LimiterUnderTest.Engine.allCases)
  func whatIsLeasedIsChargedOnce(engine: LimiterUnderTest.Engine) async throws {
    let limiter = try await hot(engine)
    let spent = try await rounds(8, limiter)
    #expect(limiter.ways.filter { $0 == .leased }.count > 50)
    try await end(limiter, left: 2_000 - spent)
  }

  @Test(arguments: LimiterUnderTest.Engine.allCases)
  func aLeasedStreamIsChargedAsItGoesAndOnce(engine: LimiterUnderTest.Engine) async throws {
    let limiter = try await hot(engine)
    var spent = try await rounds(4, limiter)
    let answer = try await limiter.admit([Self.group], tokens(2))
    #expect(limiter.ways.last == .leased)
    let grant = answer.grant
    _ = try await limiter.onLoop { limiter, _ in
      guard let grant else { return }
      limiter.charge(grant, Demand(requests: 0, inputTokens: 0, outputTokens: 5, microdollars: 0))
    }
    spent += try await rounds(2, limiter)
    try await limiter.settle(grant, Demand(inputTokens: 2, outputTokens: 6, microdollars: 0))
    try await end(limiter, left: 2_000 - spent - 8)
  }

  @Test func nothingIsLeasedBeforeTheReplicasAreKnown() async throws {
    let limiter = try await LimiterUnderTest(.embedded, leases: LeaseTerms(rate: 10))
    _ = try await rounds(6, limiter)
    #expect(!limiter.ways.contains(.leased))
    try await limiter.end()
  }

  @Test func theEndOfTheWorkerGivesBackWhatItHadCharged() async throws {
    let limiter = try await hot(.redis)
    let spent = try await rounds(6, limiter)
    #expect(limiter.ways.last == .leased)
    _ = try await limiter.onLoop { limiter, _ in limiter.close() }
    let redis = try #require(limiter.redis)
    let key = Self.group.limits[0].key
    let isBack = try await until {
      guard case .text(let text) = try redis.send("GET", key), let level = Int64(text.prefix { $0 != " " })
      else { return false }
      return level / (1 << 41) == 2_000 - spent
    }
    #expect(isBack)
    try await limiter.end()
  }
}
