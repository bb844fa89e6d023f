import Policy
import TestSupport
import Testing

@testable import Coordination

/// What an exchange may rely on, whichever engine keeps the limits.
@Suite(.needsRedis, .timeLimit(.minutes(2)))
struct LimiterTests {
  private static let tenant = LimitGroup(prefix: "sy:{t:a}", limits: [tokenLimit(1_000)])
  private static let deployment = LimitGroup(
    prefix: "sy:{d:d}", limits: [tokenLimit(400, key: "sy:{d:d}:rl:tokens:hour")])

  @Test(arguments: LimiterUnderTest.Engine.allCases)
  func whatWasReallyTakenReplacesTheEstimate(engine: LimiterUnderTest.Engine) async throws {
    let limiter = try await LimiterUnderTest(engine)
    let answer = try await limiter.admit([Self.tenant], tokens(900))
    try await limiter.settle(answer.grant, tokens(50))
    #expect(try await limiter.left(Self.tenant) == [950])
    try await limiter.settle(answer.grant, tokens(50))
    #expect(try await limiter.left(Self.tenant) == [950], "a grant is settled once")
    try await limiter.end()
  }

  @Test(arguments: LimiterUnderTest.Engine.allCases)
  func moreThanTheEstimateIsADebt(engine: LimiterUnderTest.Engine) async throws {
    let limiter = try await LimiterUnderTest(engine)
    let answer = try await limiter.admit([Self.tenant], tokens(900))
    try await limiter.settle(answer.grant, tokens(1_500))
    let next = try await limiter.admit([Self.tenant], tokens(1))
    #expect(next.refusal?.wait ?? 0 > 1_700_000, "500 tokens of debt at 1,000 an hour")
    try await limiter.end()
  }

  /// Redis' clock jumps an hour ahead, and forgets reservations: what is used beyond them is charged all the same. Without a jump,
  /// what is gone before its time was settled, by a call whose reply was lost.
  @Test(arguments: [(jump: Int64(3_600_000), left: Int64(500)), (jump: 0, left: 900)])
  func useBeyondAForgottenReservationIsCharged(jump: Int64, left: Int64) async throws {
    let limiter = try await LimiterUnderTest(.redis)
    let answer = try await limiter.admit([Self.tenant], tokens(100))
    guard case .list(let found)? = try limiter.redis?.send("KEYS", "\(Self.tenant.prefix):res:*"),
      case .text(let reservation)? = found.first
    else {
      Issue.record("there is no reservation")
      return
    }
    _ = try limiter.redis?.send("DEL", reservation)
    limiter.replica.clock.set(limiter.replica.clock.now + jump)
    try await limiter.settle(answer.grant, tokens(500))
    _ = try await limiter.left(Self.tenant)  // behind the settlement, and before what it may lead to
    #expect(try await eventually { try await limiter.left(Self.tenant) == [left] })
    try await limiter.end()
  }

  @Test(arguments: LimiterUnderTest.Engine.allCases)
  func aRefusalTakesNothingOfAnyGroup(engine: LimiterUnderTest.Engine) async throws {
    let limiter = try await LimiterUnderTest(engine)
    let answer = try await limiter.admit([Self.tenant, Self.deployment], tokens(500))
    #expect(answer.refusal?.limit.key == "sy:{d:d}:rl:tokens:hour")
    #expect(answer.grant == nil)
    #expect(try await limiter.left(Self.tenant) == [1_000])
    #expect(try await limiter.left(Self.deployment) == [400])
    try await limiter.end()
  }

  @Test(arguments: LimiterUnderTest.Engine.allCases)
  func aRefusedAttemptKeepsWhatTheExchangeTook(engine: LimiterUnderTest.Engine) async throws {
    let limiter = try await LimiterUnderTest(engine)
    let answer = try await limiter.admit([Self.tenant], attempt: [Self.deployment], tokens(500))
    guard case .attemptRefused(let grant?, let refusal) = answer else {
      Issue.record("\(answer)")
      return
    }
    #expect(refusal.left == 400)
    #expect(try await limiter.left(Self.tenant) == [500])
    try await limiter.settle(grant, .nothing)
    #expect(try await limiter.left(Self.tenant) == [1_000])
    try await limiter.end()
  }

  @Test(arguments: LimiterUnderTest.Engine.allCases)
  func aRefusedExchangeGivesTheAttemptBack(engine: LimiterUnderTest.Engine) async throws {
    let limiter = try await LimiterUnderTest(engine)
    _ = try await limiter.admit([Self.tenant], tokens(900))
    let answer = try await limiter.admit([Self.tenant], attempt: [Self.deployment], tokens(300))
    #expect(answer.refusal?.limit.key == "sy:{t:a}:rl:tokens:hour")
    #expect(try await limiter.left(Self.deployment) == [400])
    try await limiter.end()
  }

  @Test(arguments: LimiterUnderTest.Engine.allCases)
  func whatWasJustRefusedIsNotAskedAgain(engine: LimiterUnderTest.Engine) async throws {
    let limiter = try await LimiterUnderTest(engine)
    _ = try await limiter.admit([Self.tenant], tokens(1_000))
    for _ in 0..<3 { _ = try await limiter.admit([Self.tenant], tokens(10)) }
    #expect(limiter.ways == [.shared, .shared, .memo, .memo])
    try await limiter.end()
  }

  @Test(arguments: LimiterUnderTest.Engine.allCases)
  func slotsAreHeldUntilTheEnd(engine: LimiterUnderTest.Engine) async throws {
    let limiter = try await LimiterUnderTest(engine)
    let group = LimitGroup(prefix: "sy:{t:a}", limits: [slotLimit(2)])
    let first = try await limiter.admit([group])
    let second = try await limiter.admit([group])
    #expect(limiter.replica.slotsHeld == 2)
    #expect(try await limiter.admit([group]).refusal?.limit.measure == .concurrent)
    try await limiter.settle(first.grant, tokens(1))
    #expect(try await limiter.admit([group]).grant != nil)
    try await limiter.settle(second.grant, tokens(1))
    #expect(limiter.replica.slotsHeld == 1)
    try await limiter.end()
  }

  @Test func whatEndsTogetherIsSettledByOneCall() async throws {
    let limiter = try await LimiterUnderTest(.redis)
    let redis = try #require(limiter.redis)
    var grants: [Grant] = []
    for _ in 0..<5 {
      grants += [try await limiter.admit([Self.tenant], tokens(100)).grant].compactMap(\.self)
    }
    _ = try redis.send("CONFIG", "RESETSTAT")
    let ended = grants
    _ = try await limiter.onLoop { limiter, _ in for grant in ended { limiter.settle(grant, tokens(10)) } }
    #expect(try await limiter.left(Self.tenant) == [950])
    guard case .text(let stats) = try redis.send("INFO", "commandstats"),
      let calls = try #/cmdstat_evalsha:calls=(\d+)/#.firstMatch(in: stats).flatMap({ Int($0.1) })
    else { throw RedisUnderTest.Failed(description: "no figures") }
    #expect(calls < 5)  // what is left was asked for too
    try await limiter.end()
  }

  /// A value that no script wrote is in the way of the one that needs it, and of no other.
  @Test func oneThatFailsKeepsNoOtherFromBeingSettled() async throws {
    let limiter = try await LimiterUnderTest(.redis)
    let redis = try #require(limiter.redis)
    let damaged = LimitGroup(prefix: "sy:{t:a}", limits: [tokenLimit(1_000, key: "sy:{t:a}:rl:damaged")])
    var grants: [Grant] = []
    for group in [Self.tenant, damaged, Self.tenant] {
      grants += [try await limiter.admit([group], tokens(100)).grant].compactMap(\.self)
    }
    _ = try redis.send("SET", "sy:{t:a}:rl:damaged", "nonsense")
    let ended = grants
    _ = try await limiter.onLoop { limiter, _ in for grant in ended { limiter.settle(grant, tokens(10)) } }
    for _ in 0..<200 where try await limiter.left(Self.tenant) != [980] {
      try await Task.sleep(for: .milliseconds(10))
    }
    #expect(try await limiter.left(Self.tenant) == [980])
    try await limiter.end()
  }

  @Test(arguments: LimiterUnderTest.Engine.allCases)
  func longStreamsAreChargedAsTheyRun(engine: LimiterUnderTest.Engine) async throws {
    let limiter = try await LimiterUnderTest(engine)
    guard let grant = try await limiter.admit([Self.tenant], tokens(100)).grant else { return }
    _ = try await limiter.onLoop { limiter, _ in
      limiter.charge(grant, Demand(requests: 0, inputTokens: 0, outputTokens: 300, microdollars: 0))
    }
    #expect(try await limiter.left(Self.tenant) == [600])
    try await limiter.settle(grant, Demand(inputTokens: 90, outputTokens: 350, microdollars: 0))
    #expect(try await limiter.left(Self.tenant) == [560])
    try await limiter.end()
  }

  @Test(arguments: LimiterUnderTest.Engine.allCases)
  func budgetsCountDollars(engine: LimiterUnderTest.Engine) async throws {
    let limiter = try await LimiterUnderTest(engine)
    let group = LimitGroup(prefix: "sy:{t:a}", limits: [dayBudget(1_000)])
    let answer = try await limiter.admit([group], tokens(1, microdollars: 600))
    #expect(try await limiter.admit([group], tokens(1, microdollars: 600)).refusal?.left == 400)
    try await limiter.settle(answer.grant, tokens(1, microdollars: 250))
    #expect(try await limiter.left(group) == [750])
    try await limiter.end()
  }
}

/// What is Redis' alone: it goes away, and comes back with or without what it knew.
@Suite(.needsRedis, .timeLimit(.minutes(2)))
struct LimiterOutageTests {
  private static let tenant = LimitGroup(prefix: "sy:{t:a}", limits: [tokenLimit(1_000)])

  @Test func aReplicasClockThatIsWrongIsSetByRedis() async throws {
    let limiter = try await LimiterUnderTest(.redis)
    let right = limiter.replica.clock.now
    limiter.replica.clock.set(right - 3 * 86_400_000)
    let group = LimitGroup(prefix: "sy:{t:a}", limits: [dayBudget(1_000)])
    let answer = try await limiter.admit([group], tokens(1, microdollars: 600))
    #expect(answer.grant?.isLocal == false)
    #expect(abs(limiter.replica.clock.now - right) < 60_000)
    #expect(try await limiter.left(group) == [400])
    try await limiter.end()
  }

  @Test func withoutRedisAShareHoldsAndIsPaidBack() async throws {
    let limiter = try await LimiterUnderTest(.redis)
    #expect(try await limiter.left(Self.tenant) == [1_000])
    limiter.redis?.crash()
    try await limiter.untilAvailable(false)
    // Ten replicas are assumed, as none was ever counted: 100 tokens.
    let shares = limiter.replica.replicas
    let first = try await limiter.admit([Self.tenant], tokens(Int64(1_000 / shares)))
    #expect(first.grant?.isLocal == true)
    #expect(try await limiter.admit([Self.tenant], tokens(1)).refusal?.isLocal == true)
    try await limiter.settle(first.grant, tokens(70))
    try limiter.redis?.restart()
    try await limiter.untilAvailable()
    _ = try await limiter.onLoop { limiter, _ in limiter.tick() }
    #expect(try await limiter.left(Self.tenant) == [930])
    try await limiter.end()
  }

  @Test func whatWasReservedBeforeIsSettledAfter() async throws {
    let limiter = try await LimiterUnderTest(.redis)
    let answer = try await limiter.admit([Self.tenant], tokens(900))
    limiter.redis?.hang()
    try await limiter.settle(answer.grant, tokens(100))
    limiter.redis?.goOn()
    try await limiter.untilAvailable()
    for _ in 0..<1_000 where try await limiter.left(Self.tenant) != [900] {
      _ = try await limiter.onLoop { limiter, _ in limiter.tick() }
      try await Task.sleep(for: .milliseconds(10))
    }
    #expect(try await limiter.left(Self.tenant) == [900])
    try await limiter.end()
  }

  @Test func aClosedLimitLetsNothingThrough() async throws {
    let limiter = try await LimiterUnderTest(.redis)
    limiter.redis?.crash()
    try await limiter.untilAvailable(false)
    let group = LimitGroup(prefix: "sy:{t:a}", limits: [tokenLimit(1_000, outage: .closed)])
    #expect(try await limiter.admit([group], tokens(1)).refusal?.isClosed == true)
    try await limiter.end()
  }

  @Test func aForeignValueIsToldAndDecidedLocally() async throws {
    let limiter = try await LimiterUnderTest(.redis)
    _ = try limiter.redis?.send("LPUSH", "sy:{t:a}:rl:tokens:hour", "someone's")
    let answer = try await limiter.admit([Self.tenant], tokens(1))
    #expect(answer.grant?.isLocal == true)
    #expect(limiter.news.contains { $0.contains("foreignValue") })
    try await limiter.end()
  }

  @Test func losingAllStateLosesNoSlot() async throws {
    let limiter = try await LimiterUnderTest(.redis)
    let group = LimitGroup(prefix: "sy:{t:a}", limits: [slotLimit(1)])
    let answer = try await limiter.admit([group])
    _ = try limiter.redis?.send("FLUSHALL")
    _ = try await limiter.onLoop { limiter, _ in limiter.renew() }
    #expect(try await limiter.admit([group]).refusal != nil, "the slot is taken anew")
    try await limiter.settle(answer.grant, tokens(1))
    #expect(try await limiter.admit([group]).grant != nil, "and given back, though its reservation is lost")
    try await limiter.end()
  }

  @Test func aSlotThatARenewalMadeSharedIsGivenBack() async throws {
    let limiter = try await LimiterUnderTest(.redis)
    let group = LimitGroup(prefix: "sy:{t:a}", limits: [slotLimit(20)])
    limiter.redis?.hang()
    let answer = try await limiter.admit([group])
    #expect(answer.grant?.isLocal == true)
    limiter.redis?.goOn()
    try await limiter.untilAvailable()
    _ = try await limiter.onLoop { limiter, _ in limiter.renew() }
    _ = try await limiter.left(Self.tenant)  // behind the renewal
    #expect(try limiter.redis?.send("ZCARD", "sy:{t:a}:sem") == .number(1))
    try await limiter.settle(answer.grant, tokens(1))
    _ = try await limiter.left(Self.tenant)
    #expect(try limiter.redis?.send("ZCARD", "sy:{t:a}:sem") == .number(0))
    try await limiter.end()
  }

  @Test func aForeignValueCostsTheDebtsOfItsOwnLimitOnly() async throws {
    let limiter = try await LimiterUnderTest(.redis)
    let other = tokenLimit(1_000, key: "sy:{t:a}:rl:other:tokens:hour")
    let group = LimitGroup(prefix: "sy:{t:a}", limits: [tokenLimit(1_000), other])
    guard let grant = try await limiter.admit([group], tokens(100)).grant else { return }
    _ = try limiter.redis?.send("DEL", "sy:{t:a}:rl:tokens:hour")
    _ = try limiter.redis?.send("LPUSH", "sy:{t:a}:rl:tokens:hour", "someone's")
    _ = try await limiter.onLoop { limiter, _ in
      limiter.charge(grant, Demand(requests: 0, inputTokens: 0, outputTokens: 300, microdollars: 0))
    }
    let healthy = LimitGroup(prefix: "sy:{t:a}", limits: [other])
    for _ in 0..<500 where try await limiter.left(healthy) != [600] {
      _ = try await limiter.onLoop { limiter, _ in limiter.tick() }
      try await Task.sleep(for: .milliseconds(10))
    }
    #expect(try await limiter.left(healthy) == [600], "its own 300 are charged")
    #expect(
      try await limiter.onLoop { limiter, _ in limiter.lostSettlements } == 1, "and what can't be is counted")
    try await limiter.end()
  }
}
