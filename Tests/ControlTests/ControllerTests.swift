import Coordination
import Policy
import Testing

@testable import Control

/// Rollouts from the start to their end, by leaders that come and go.
struct ControllerTests {
  private let world = ControlUnderTest()

  private func ask(_ deed: RolloutAsk.Deed, _ version: Int = 1) -> RolloutAsk {
    RolloutAsk(deed, "chat", version: version, by: "ops")
  }

  @Test func aGoodVersionServesInTheEnd() async throws {
    let controller = try world.controller("a")
    try world.ask("1", ask(.start))
    try await world.run(3, [controller])
    #expect(try world.answer("1") == "done: version 1 is CANARY")
    var weights: Set<Weight> = []
    try await world.run(240, [controller]) { state in
      if let weight = state.candidate?.weight { weights.insert(weight) }
      return state.active == 1
    }
    let state = try world.rollout()
    #expect(state.active == 1)
    #expect(state.candidate == nil)
    #expect(weights.sorted() == [.zero] + ControlUnderTest.rules.steps)
    let trail = try world.audit().reversed().compactMap { $0["what"] }
    #expect(trail.filter { $0 != "register" } == ["start", "begin", "promote", "begin", "promote"])
  }

  @Test(arguments: [(40, 20), (0, 60)]) func aBadVersionIsRolledBackForEver(errors: Int64, slow: Int64)
    async throws
  {
    let controller = try world.controller("a")
    try world.ask("1", ask(.start))
    try await world.run(60, [controller], canaryErrors: errors, canarySlow: slow) { !$0.rolledBack.isEmpty }
    let state = try world.rollout()
    #expect(state.rolledBack == [1])
    #expect(state.candidate == nil)
    #expect(state.active == nil)
    #expect(try world.audit().first?["why"] == (errors > 0 ? "err" : "slow95"))
    try world.ask("2", ask(.start))
    try await world.run(2, [controller])
    #expect(try world.answer("2")?.hasPrefix("refused: version 1 of chat was rolled back") == true)
  }

  // MARK: Copies

  @Test func aGoodVersionGetsCopiesFirstAndServesNobodyMeanwhile() async throws {
    let controller = try world.controller("a", ControlUnderTest.shadowing)
    try world.ask("1", ask(.start))
    try await world.run(3, [controller])
    #expect(try world.answer("1") == "done: version 1 is SHADOW")
    var seen: [RolloutState.Candidate] = []
    try await world.run(120, [controller]) { state in
      if let candidate = state.candidate { seen.append(candidate) }
      return state.candidate?.phase == .canary
    }
    let canary = try #require(seen.last)
    #expect(canary.phase == .canary && canary.weight == .zero && canary.step == 0 && canary.thresholds == nil)
    let copied = try #require(seen.last { $0.phase == .shadow })
    #expect(copied.weight == Weight(hundredths: 2_500) && copied.thresholds != nil)
    #expect(try world.audit().first?["why"] == "its copies are fine")
    #expect(try world.audit().first?["to"] == "CANARY")
    try await world.run(240, [controller]) { $0.active == 1 }
    #expect(try world.rollout().active == 1)
  }

  @Test(arguments: [(40, 20, "err"), (0, 80, "slow95"), (400, 0, "first_requests")])
  func aBadVersionIsRolledBackByItsCopies(errors: Int64, slow: Int64, why: String) async throws {
    let controller = try world.controller("a", ControlUnderTest.shadowing)
    try world.ask("1", ask(.start))
    try await world.run(60, [controller], canaryErrors: errors, canarySlow: slow) { !$0.rolledBack.isEmpty }
    #expect(try world.rollout().rolledBack == [1] && world.rollout().candidate == nil)
    let last = try #require(try world.audit().first)
    #expect(last["why"] == why && last["from"] == "SHADOW" && last["to"] == "ROLLED_BACK")
  }

  @Test func copiesThatShowNothingAreHeld() async throws {
    let controller = try world.controller("a", ControlUnderTest.shadowing)
    try world.ask("1", ask(.start))
    // A little slower: no harm, and no proof that it is none.
    try await world.run(150, [controller], canarySlow: 25) { $0.candidate?.hold != nil }
    #expect(try world.rollout().candidate?.hold == .inconclusive)
    #expect(try world.rollout().candidate?.phase == .shadow)
  }

  @Test func openBreakersSayNothingOfCopies() async throws {
    let keys = BreakerKeys(endpoint: "http://a/v1", deployment: "small")
    let controller = try world.controller("a", breakers: [keys], ControlUnderTest.shadowing)
    try world.ask("1", ask(.start))
    try await world.run(20, [controller]) { ($0.candidate?.weight ?? .zero) > .zero }
    try cutOff(keys)
    try await world.run(2, [controller])
    #expect(try world.rollout().candidate?.phase == .shadow)
  }

  /// Fifty calls that failed: the breaker opens for five seconds.
  private func cutOff(_ keys: BreakerKeys) throws {
    let counts = try #require(BreakerCounts("0 50"))
    let report = BreakerReport(reporter: "r1", sequence: 1, generation: 0, counts: counts)
    var status: BreakerStatus?
    EmbeddedState(world.store, clock: { [world] in world.now })
      .report(report, keys, BreakerSettings(), jitter: 0) { status = try? $0.get().status }
    #expect(status?.phase == .open && status?.reason == .rate)
  }

  @Test(arguments: [1, 2]) func aVersionIsRolledBackOnceAllItsBreakersAreOpen(count: Int) async throws {
    let breakers = ["http://a/v1", "http://b/v1"].map { BreakerKeys(endpoint: $0, deployment: "small") }
    let controller = try world.controller("a", breakers: breakers)
    try world.ask("1", ask(.start))
    try await world.run(20, [controller]) { ($0.candidate?.weight ?? .zero) > .zero }
    for keys in breakers.prefix(count) { try cutOff(keys) }
    try await world.run(2, [controller])
    #expect(try world.rollout().rolledBack == (count == 2 ? [1] : []))
    if count == 2 { #expect(try world.audit().first?["why"] == "breaker") }
  }

  @Test func aBreakerThatWasOpenBeforeSaysNothing() async throws {
    let keys = BreakerKeys(endpoint: "http://a/v1", deployment: "small")
    let controller = try world.controller("a", breakers: [keys])
    try cutOff(keys)
    try world.ask("1", ask(.start))
    try await world.run(20, [controller]) { ($0.candidate?.weight ?? .zero) > .zero }
    try await world.run(2, [controller])
    #expect(try world.rollout().candidate?.version == 1)
  }

  @Test func anotherLeaderGoesOnWhereTheFirstStopped() async throws {
    let (first, second) = (try world.controller("a"), try world.controller("b"))
    try world.ask("1", ask(.start))
    try await world.run(20, [first, second], canaryErrors: 8) { $0.candidate?.thresholds != nil }
    try await world.run(3, [first, second], canaryErrors: 8)
    let epoch = try #require(await first.leader?.epoch)
    #expect(await second.leader == nil)
    // The first one stands still: nobody folds for as long as its lease lasts.
    try await world.run(12, [second], canaryErrors: 8) { !$0.rolledBack.isEmpty }
    #expect(try #require(await second.leader?.epoch) > epoch)
    #expect(try world.rollout().rolledBack == [1])
    let version = try world.config()?.position
    await first.round()
    #expect(await first.leader == nil)
    #expect(try world.config()?.position == version)
  }

  @Test func whoWasPausedWritesNothing() async throws {
    let (first, second) = (try world.controller("a"), try world.controller("b"))
    await first.round()
    await first.round()
    #expect(await first.leader != nil)
    world.pass(20_000)
    #expect(await first.leader == nil)
    await second.round()
    await second.round()
    #expect(await second.leader != nil)
    try world.ask("1", ask(.start))
    await first.round()
    #expect(try world.answer("1") == nil)
    await second.round()
    #expect(try world.answer("1") == "done: version 1 is CANARY")
  }

  /// It applied what Redis has lost, at a former primary perhaps: nothing lower is ever taken by it.
  @Test func aReplicaThatIsAheadHasTheLeaderBeginAnew() async throws {
    let controller = try world.controller("a")
    try world.ask("1", ask(.start))
    try await world.run(3, [controller])
    let before = try #require(try world.config()?.position)
    let ahead = ControlPosition(epoch: before.epoch + 7, version: 1)
    EmbeddedState(world.store, clock: { [world] in world.now })
      .sync(ControlSync(replica: "r9", applied: ahead, hash: "0", vetoMark: 0)) { _ in }
    try await world.run(4, [controller])
    #expect(try #require(try world.config()?.position) > ahead)
    #expect(try world.rollout().candidate?.version == 1)
    #expect(try world.rollout().candidate?.hold == .paused)
    let epoch = try #require(await controller.leader?.epoch)
    try await world.run(3, [controller])
    #expect(await controller.leader?.epoch == epoch, "once is enough")
  }

  @Test func versionsThatAreDeclaredAndLostAreRegisteredAgain() async throws {
    let controller = try world.controller("a")
    try await world.run(2, [controller])
    let (epoch, versions) = (await controller.leader?.epoch, try world.versions())
    #expect(versions == [1, 2, 3])
    world.loseVersions()
    #expect(try world.versions().isEmpty)
    try await world.run(12, [controller])
    #expect(try world.versions() == versions)
    #expect(await controller.leader?.epoch == epoch)
  }

  /// A failover that loses a rollback of that moment, and the leader: another Redis, as it was before, and what a replica applied.
  private func failover() async throws -> (after: ControlUnderTest, applied: ControlConfig) {
    let controller = try world.controller("a")
    try world.ask("1", ask(.start))
    try await world.run(20, [controller]) { ($0.candidate?.weight ?? .zero) > .zero }
    let older = try #require(try world.config())
    try world.ask("2", ask(.abort))
    try await world.run(1, [controller])
    #expect(try world.rollout().rolledBack == [1])
    let (after, applied) = (ControlUnderTest(), try #require(try world.config()))
    try after.fail(over: older, applied: applied)
    return (after, applied)
  }

  @Test func whatItsOwnReplicaAppliedIsNotLost() async throws {
    let (after, applied) = try await failover()
    #expect(try after.rollout().candidate?.weight == ControlUnderTest.rules.steps[0])
    let controller = try after.controller("b", applied: applied)
    try await after.run(10, [controller])
    #expect(try after.rollout().rolledBack == [1] && after.rollout().candidate == nil)
    #expect(try after.audit().allSatisfy { $0["what"] != "lost" })
  }

  @Test func whereWhatWasDecidedIsLostAPersonHasToSayHowItGoesOn() async throws {
    let (after, _) = try await failover()
    let controller = try after.controller("b")
    try await after.run(60, [controller])
    let candidate = try #require(try after.rollout().candidate)
    #expect(candidate.hold == .paused && candidate.weight == .zero && candidate.thresholds == nil)
    let trail = try after.audit().filter { $0["what"] == "lost" }
    #expect(trail.count == 1 && trail.first?["version"] == "1" && trail.first?["to"] == "CANARY")
    try after.ask("3", ask(.resume))
    try await after.run(20, [controller]) { ($0.candidate?.weight ?? .zero) > .zero }
    #expect(try after.rollout().candidate?.weight == ControlUnderTest.rules.steps[0])
  }

  /// A former primary has gone on beside the one that rolled the version back.
  @Test func whatIsRolledBackAtEitherOfTwoPrimariesIsSoForEver() async throws {
    let (_, rolledBack) = try await failover()
    let other = ControlUnderTest()
    let line = "ver=3 candidate=1 state=CANARY step=0 weight=10 since=1"
    let former = ControlConfig(
      position: ControlPosition(epoch: rolledBack.position.epoch + 60_000, version: 40), by: "x", at: 1,
      lines: [ControlUnderTest.model: line])
    try other.fail(over: rolledBack, applied: former)
    let controller = try other.controller("b", applied: former)
    try await other.run(5, [controller])
    #expect(try other.rollout().rolledBack == [1] && other.rollout().candidate == nil)
    #expect(try #require(try other.config()?.position) > former.position)
  }

  // MARK: Gaps

  /// Nobody leads for longer than a weight counts.
  private func gap(_ controller: Controller) async throws {
    try world.ask("1", ask(.start))
    try await world.run(20, [controller]) { ($0.candidate?.weight ?? .zero) > .zero }
    try await world.run(3, [controller])
    #expect(try world.isStamped())
    world.pass(45_000)
    #expect(try !world.isStamped())
  }

  @Test func aWeightThatEndedStaysAtNothingWhereWhatHappenedWasHarm() async throws {
    let controller = try world.controller("a")
    try await gap(controller)
    var rounds = 0
    while try world.rollout().rolledBack.isEmpty, rounds < 20 {
      try await world.run(1, [controller], canaryErrors: 40)
      #expect(try !world.isStamped(), "round \(rounds)")
      rounds += 1
    }
    #expect(try world.rollout().rolledBack == [1])
  }

  @Test func aWeightThatEndedComesBackOnceWhatHappenedIsJudged() async throws {
    let controller = try world.controller("a")
    try await gap(controller)
    let before = try world.rollout().candidate
    var rounds = 0
    while try !world.isStamped(), rounds < 20 {
      #expect(try world.rollout().candidate == before, "nothing goes on")
      try await world.run(1, [controller])
      rounds += 1
    }
    // Two seconds to tell of it, three until they are folded.
    #expect((7...10).contains(rounds), "\(rounds)")
  }

  @Test func anotherLeaderWhoComesInTimeNeedNotWait() async throws {
    let (first, second) = (try world.controller("a"), try world.controller("b"))
    try world.ask("1", ask(.start))
    // A little slower: no harm, and no proof that it is none.
    try await world.run(20, [first], canarySlow: 25) { ($0.candidate?.weight ?? .zero) > .zero }
    try await world.run(3, [first], canarySlow: 25)
    for _ in 0..<40 {
      try await world.run(1, [second], canarySlow: 25)
      #expect(try world.isStamped())
    }
    #expect(await second.leader != nil)
  }

  @Test func whatIsVetoedMeanwhileIsNotWrittenAgainWithWeight() async throws {
    let controller = try world.controller("a")
    try world.ask("1", ask(.start))
    try await world.run(20, [controller]) { ($0.candidate?.weight ?? .zero) > .zero }
    let (after, seen) = (ControlUnderTest(), try #require(try world.config()))
    after.pass(60_000)
    let veto = ControlVeto(
      replica: "r8", model: ControlUnderTest.model, version: 1, metric: "err", isForAll: true)
    EmbeddedState(after.store, clock: { after.now }).veto(veto) { _ in }
    let second = try after.controller("b", applied: seen)
    try await after.run(5, [second])
    #expect(try after.rollout().rolledBack == [1])
    #expect(try after.audit().first?["why"] == "veto")
  }

  @Test func aClockThatGoesBackDoesNotHideHarm() async throws {
    let controller = try world.controller("a")
    try world.ask("1", ask(.start))
    try await world.run(30, [controller]) { $0.candidate?.thresholds != nil }
    try await world.run(2, [controller])
    world.pass(-3_600_000)
    try await world.run(30, [controller], canaryErrors: 40) { !$0.rolledBack.isEmpty }
    #expect(try world.rollout().rolledBack == [1])
  }

  @Test func aStepThatBeganBeforeAClockWentBackLastsNoLonger() async throws {
    let controller = try world.controller("a")
    try world.ask("1", ask(.start))
    try await world.run(30, [controller]) { $0.candidate?.thresholds != nil }
    world.pass(-3_600_000)
    try await world.run(240, [controller]) { $0.candidate?.step == 1 }
    #expect(try world.rollout().candidate?.step == 1)
    #expect(try world.audit().contains { $0["what"] == "clock" })
  }

  @Test func whatIsVetoedAsAClockGoesBackIsRolledBack() async throws {
    let controller = try world.controller("a")
    try world.ask("1", ask(.start))
    try await world.run(20, [controller]) { ($0.candidate?.weight ?? .zero) > .zero }
    world.pass(-3_600_000)
    let veto = ControlVeto(
      replica: "r8", model: ControlUnderTest.model, version: 1, metric: "err", isForAll: true)
    EmbeddedState(world.store, clock: { [world] in world.now }).veto(veto) { _ in }
    try await world.run(5, [controller])
    #expect(try world.rollout().rolledBack == [1])
  }

  @Test func ofTwoWhoSawTheSameTheSecondIsTold() async throws {
    let controller = try world.controller("a")
    try world.ask("1", ask(.start))
    try await world.run(3, [controller])
    let seen = try world.rollout().revision
    var (pause, abort) = (ask(.pause), ask(.abort))
    (pause.expected, abort.expected) = (seen, seen)
    try world.ask("2", pause)
    try await world.run(1, [controller])
    try world.ask("3", abort)
    try await world.run(1, [controller])
    #expect(try world.answer("2") == "done: version 1 is CANARY")
    #expect(try world.answer("3")?.contains("was changed meanwhile") == true)
    #expect(try world.rollout().candidate?.hold == .paused)
  }

  @Test(arguments: [
    ("start model=chat version=9 by=ops", "is not registered"),
    ("start model=other version=1 by=ops", "there is no model 'other'"),
    ("promote model=chat version=1 by=ops reason=x", "is in STAGING"),
    ("dance model=chat version=1 by=ops", "does not understand"),
    ("start model=chat version=1 by=ops colour=blue", "does not understand"),
  ])
  func whatCantBeDoneIsAnswered(text: String, answer: String) async throws {
    let controller = try world.controller("a")
    try world.ask("1", text)
    try await world.run(3, [controller])
    let told = try world.answer("1") ?? "nothing"
    #expect(told.hasPrefix("refused: ") && told.contains(answer), "\(told)")
    #expect(try world.rollout() == RolloutState())
  }

  @Test func withoutAnEvaluationNothingStartsThroughAGate() async throws {
    let controller = try world.controller("a", gate: RolloutGate())
    try world.ask("1", ask(.start))
    try await world.run(3, [controller])
    #expect(try world.answer("1")?.hasPrefix("refused: version 1 of chat has not been evaluated") == true)
    try world.evaluate(1)
    try world.ask("2", ask(.start))
    try await world.run(2, [controller])
    #expect(try world.answer("2") == "done: version 1 is CANARY")
  }

  @Test func aVersionWaitsAtItsLastStepForItsEvaluation() async throws {
    let controller = try world.controller("a", gate: RolloutGate())
    var forced = ask(.start)
    (forced.isForced, forced.reason) = (true, "a fire")
    try world.ask("1", forced)
    try await world.run(240, [controller])
    let waiting = try #require(try world.rollout().candidate)
    #expect(waiting.step == ControlUnderTest.rules.steps.count - 1 && waiting.hold == nil)
    try world.evaluate(1)
    try await world.run(5, [controller]) { $0.active == 1 }
    #expect(try world.rollout().active == 1)
  }

  @Test func whatWasChangedByHandIsWrittenAgainAsItWas() async throws {
    let controller = try world.controller("a")
    try world.ask("1", ask(.start))
    try await world.run(30, [controller]) { ($0.candidate?.weight ?? .zero) > .zero }
    let before = try #require(try world.config())
    let (leader, version) = (try #require(await controller.leader), before.position.version)
    // Its hash is that of another line.
    let other = [ControlUnderTest.model: "ver=1 candidate=1 state=CANARY step=0 weight=90 since=1"]
    let put = try #require(ControlPut(leader, from: other, at: version, to: other, version: version + 1))
    EmbeddedState(world.store, clock: { world.now }).put(put) { _ in }
    #expect(try world.config()?.isWhole == false)
    try await world.run(3, [controller])
    let after = try #require(try world.config())
    #expect(after.isWhole && after.position.version > version + 1)
    #expect(try world.rollout().candidate?.weight == Weight(hundredths: 1_000))
  }

  @Test func linesOfALaterReleaseStayAsTheyAre() async throws {
    let controller = try world.controller("a")
    try world.ask("1", ask(.start))
    try await world.run(3, [controller])
    let before = try #require(try world.config())
    let line = "ver=1 candidate=7 state=GLOWING step=0 weight=0 since=1"
    let other = try #require(ControlModel("later"))
    var lines = before.lines
    lines[other] = line
    let leader = try #require(await controller.leader)
    let put = try #require(
      ControlPut(
        leader, from: before.lines, at: before.position.version, to: lines,
        version: before.position.version + 1))
    EmbeddedState(world.store, clock: { world.now }).put(put) { _ in }
    try await world.run(10, [controller])
    #expect(try world.config()?.lines[other] == line)
  }
}
