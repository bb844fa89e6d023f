import Coordination
import Logging
import Policy
import Settings
import Testing

@testable import Gateway

/// A replica follows what is decided, over a store in memory and in a time that only passes where a test says so.
final class ControlLinkTests {
  // swift-format-ignore: NeverForceUnwrap
  private static let model = ControlModel("chat")!
  private static let version = ControlVetoes.Version(model, 12)
  private static let canary = "ver=1 active=11 candidate=12 state=CANARY step=0 weight=50 since=1 slow95=100"

  private let store = EmbeddedStore()
  private var now: Int64 = 1_795_290_000_000
  private let desk = VersionDesk()
  private var lines: [ControlModel: String] = [:]
  private var put: Int64 = 0

  private func state() -> EmbeddedState { EmbeddedState(store, clock: { [weak self] in self?.now ?? 0 }) }

  private func link(_ replica: String = "r1") -> ControlLink {
    ControlLink(
      state(), desk, replica: replica, Logger(label: "test") { _ in SwiftLogNoOpLogHandler() },
      clock: { [weak self] in self?.now ?? 0 })
  }

  private func get<Value>(_ call: (EmbeddedState, @escaping StateCompletion<Value>) -> Void) throws -> Value {
    var found: Result<Value, StateFailure>?
    call(state()) { found = $0 }
    return try #require(found).get()
  }

  private func lead() throws -> ControlLeader {
    guard case .held(let epoch, _) = try get({ $0.takeLease("leader", for: 60_000, $1) }) else {
      throw StateFailure.malformed
    }
    return ControlLeader(id: "leader", epoch: epoch)
  }

  /// Puts a line for the model in force.
  private func decide(_ line: String) throws {
    let leader = try lead()
    let next = [Self.model: line]
    let change = try #require(ControlPut(leader, from: lines, at: put, to: next, version: put + 1))
    #expect(try get { $0.put(change, $1) } == .stored(version: put + 1))
    (lines, put) = (next, put + 1)
    guard case .done = try get({ $0.stamp(leader, $1) }) else { throw StateFailure.malformed }
  }

  private func register(_ version: Int) throws {
    let bundle = try VersionsUnderTest.bundle(version)
    let entry = try #require(
      ControlBundle(
        Self.model, version: Int64(version), text: bundle.line, audit: .init(["what": "register"])))
    #expect(try get { $0.register(entry, $1) } == .registered(isNew: true))
  }

  /// What was delivered last, and is put in force by that.
  private func apply(_ link: ControlLink) async throws -> Rollouts {
    link.sync()
    desk.close()
    var last: Rollouts?
    for await rollouts in desk.changes { last = rollouts }
    let rollouts = try #require(last)
    desk.noteApplied(rollouts)
    return rollouts
  }

  @Test func whatIsDecidedIsDeliveredWithItsBundles() async throws {
    for version in [11, 12] { try register(version) }
    try decide(Self.canary)
    let rollouts = try await apply(link())
    let chat = try #require(rollouts.models["chat"])
    #expect(rollouts.position.version == 1 && chat.state.active == 11)
    #expect(chat.bundles.keys.sorted() == [11, 12] && chat.gate?.isOpen == true)
    #expect(desk.standing.isKnown && desk.standing.position == rollouts.position)
    #expect(desk.standing.config?.lines == lines && desk.standing.config?.position == rollouts.position)
  }

  @Test func whatNobodyHasRegisteredIsDeliveredWithout() async throws {
    try register(11)
    try decide(Self.canary)
    let link = link()
    let rollouts = try await apply(link)
    #expect(rollouts.models["chat"]?.bundles.keys.sorted() == [11])
    try register(12)
    link.hear(.bundle(Self.model, version: 12))
    #expect(link.bundles[Self.model]?.keys.sorted() == [11, 12])
  }

  @Test func whatIsPutBackIsServedWithoutAWord() async throws {
    try register(12)
    try decide(Self.canary)
    let link = link()
    link.sync()
    try register(11)
    now += 5_000
    #expect(try await apply(link).models["chat"]?.bundles.keys.sorted() == [11, 12])
  }

  @Test func whatAnotherReleaseWroteIsServedWithoutItsCandidate() async throws {
    try register(11)
    try decide("active=11 candidate=12 state=GLOWING weight=0")
    let rollouts = try await apply(link())
    #expect(rollouts.models["chat"]?.state == RolloutState())
  }

  @Test func aVersionThatSomebodyMayAskForIsRead() async throws {
    try register(13)
    let (link, wanted) = (link(), StagedVersions.Version(model: "chat", number: 13))
    let other = StagedVersions.Version(model: "chat", number: 14)
    for version in [wanted, other] { #expect(desk.staged.want(version, now: now) == .loading) }
    link.tick()
    #expect(desk.staged.want(other, now: now) == .unknown)
    now += 2_000
    #expect(desk.staged.want(other, now: now) == .loading)
    desk.close()
    var last: Rollouts?
    for await rollouts in desk.changes { last = rollouts }
    #expect(last?.models["chat"]?.staged.keys.sorted() == [13])
    #expect(last?.models["chat"]?.state == RolloutState() && last?.position == ControlPosition.none)
  }

  @Test func itTellsWhatItHasApplied() async throws {
    try decide("active=11")
    let link = link()
    let rollouts = try await apply(link)
    link.sync()
    let ack = try get { $0.readAcks($1) }["r1"]
    #expect(ack?.position == rollouts.position && ack?.hash == rollouts.hash)
  }

  @Test func aWeightIsGoodForThirtySeconds() async throws {
    try decide(Self.canary)
    let link = link()
    let rollouts = try await apply(link)
    #expect(rollouts.freshUntil == now + 30_000)
    #expect(desk.lease.isFresh(now: now + 29_999) && !desk.lease.isFresh(now: now + 30_000))
    now += 20_000
    link.sync()
    #expect(!desk.lease.isFresh(now: now + 10_000), "it counts from when a leader said so")
    let leader = try lead()
    guard case .done = try get({ $0.stamp(leader, $1) }) else { throw StateFailure.malformed }
    link.sync()
    #expect(desk.lease.isFresh(now: now + 29_999))
  }

  @Test func aStampIsAboutWhatWasDecidedLast() async throws {
    try decide(Self.canary)
    let link = link()
    _ = try await apply(link)
    now += 30_000
    #expect(!desk.lease.isFresh(now: now))
    try decide("ver=2 active=11 rolledback=12")
    link.sync()
    #expect(!desk.lease.isFresh(now: now), "workers still go by the canary's weight")
    desk.noteApplied(Rollouts(position: .init(epoch: try lead().epoch, version: 2), freshUntil: now + 30_000))
    #expect(desk.lease.isFresh(now: now))
  }

  @Test func aClockThatGoesBackMakesNoStampYounger() async throws {
    try decide(Self.canary)
    var monotonic: Int64 = 0
    let link = ControlLink(
      state(), desk, replica: "r1", Logger(label: "test") { _ in SwiftLogNoOpLogHandler() },
      clock: { monotonic })
    _ = try await apply(link)
    (monotonic, now) = (20_000, now + 20_000)
    link.sync()
    (monotonic, now) = (25_000, now - 20_000)
    link.sync()
    #expect(desk.lease.isFresh(now: 29_999) && !desk.lease.isFresh(now: 30_000))
  }

  @Test func anotherReplicasVetoClosesTheGateAndAPersonOpensIt() throws {
    try decide(Self.canary)
    let link = link()
    link.sync()
    let gate = try #require(link.gates[Self.version])
    #expect(gate.isOpen)
    let veto = ControlVeto(replica: "r2", model: Self.model, version: 12, metric: "err", isForAll: true)
    #expect(try get { $0.veto(veto, $1) }.isVetoed)
    link.hear(.veto(Self.version))
    #expect(!gate.isOpen)
    let leader = try lead()
    let ask = try #require(ControlAsk(id: "a1", text: "unveto"))
    #expect(try get { $0.ask(ask, $1) } == .waits)
    now += 1
    let answer = ControlAnswer(leader, .init(ask: "a1", "done"), unveto: Self.version)
    #expect(try get { $0.answer(answer, $1) } == .answered(removed: 2))
    link.hear(.veto(Self.version))
    #expect(gate.isOpen)
  }

  /// Counts of a second: so many of the canary fail.
  private func see(_ second: Int, errors: Int) {
    for number in 0..<20 {
      for arm in [EvidenceArm.canary, .baseline] {
        var sample = RolloutTally.Sample(arm)
        sample.isError = arm == .canary && number < errors
        desk.evidence.add(
          sample, unit: UInt64(second * 1_000 + number * 2 + (arm == .canary ? 1 : 0)), tenant: "acme",
          of: .init(model: "chat", version: 12), now: now)
      }
    }
  }

  @Test func countsAreToldOnceASecond() throws {
    try decide(Self.canary)
    let link = link()
    link.tick()
    see(0, errors: 3)
    link.tick()
    let second = now / 1_000
    #expect(try get { $0.readCounts(Self.model, seconds: [second], $1) }.seconds.first?.isEmpty == true)
    now += 1_000
    link.tick()
    let words = try get { $0.readCounts(Self.model, seconds: [second + 1], $1) }.seconds.first
    #expect(words?["c.n"] == 20 && words?["c.err"] == 3 && words?["b.n"] == 20 && words?["b.err"] == nil)
    now += 1_000
    link.tick()
    #expect(link.pending.isEmpty)
  }

  private static let shadow = "ver=1 active=11 candidate=12 state=SHADOW step=0 weight=50 since=1 slow95=100"

  /// A candidate gets copies: what they cost is told, and what all replicas spent is heard.
  @Test func whatCopiesCostIsToldAndHeardOnceASecond() async throws {
    try decide(Self.shadow)
    let link = link()
    var terms = Settings.Shadow(sample: 5_000, budget: 1_000)
    terms.maxConcurrent = 2
    _ = try await apply(link)
    #expect(desk.shadows.enter("chat", cost: 10, terms, now: now) == .budgetUnknown)
    link.tick()
    #expect(desk.shadows.enter("chat", cost: 600, terms, now: now) == nil)
    #expect(desk.shadows.enter("chat", cost: 600, terms, now: now) == .budgetSpent)
    desk.shadows.leave("chat", reserved: 600, cost: 300)
    let other = ControlSpend(replica: "r2", sequence: 1, Self.model, amount: 500)
    #expect(try get { $0.spend(other, $1) }.spent == 500)
    now += 1_000
    link.tick()
    #expect(try get { $0.readSpent(Self.model, $1) } == 800)
    #expect(desk.shadows.spent == ["chat": 800])
    #expect(desk.shadows.enter("chat", cost: 201, terms, now: now) == .budgetSpent)
    #expect(desk.shadows.enter("chat", cost: 200, terms, now: now) == nil)
    now += 86_400_000
    link.tick()
    desk.shadows.leave("chat", reserved: 200, cost: 0)
    #expect(desk.shadows.enter("chat", cost: 900, terms, now: now) == nil, "a new day")
    #expect(link.spending.isEmpty)
  }

  @Test func trafficIsToldOnceAMinute() throws {
    let link = link()
    let traffic = Traffic()
    link.traffics = ["chat": traffic, "idle": Traffic()]
    now = now / 60_000 * 60_000 + 30_000
    link.tick()
    traffic.add(nil, cost: 7)
    now += 29_000
    link.tick()
    #expect(try get { $0.readCounts(Self.model, seconds: [now / 60_000 * 60], $1) }.seconds == [[:]])
    now += 2_000
    link.tick()
    let second = now / 60_000 * 60
    let words = try get { $0.readCounts(Self.model, seconds: [second], $1) }.seconds.first
    #expect(words == ["m.n": 1, "m.in": 0, "m.out": 0, "m.cost": 7] && link.trafficPending.isEmpty)
    #expect(traffic.take() == .init())
    // A minute whose second is over: it is told of the next.
    traffic.add(nil, cost: 3)
    now = (now / 60_000 + 1) * 60_000 + 10_000
    link.tick()
    #expect(traffic.take().cost == 3 && link.trafficPending.isEmpty)
  }

  @Test func harmOfCopiesVetoesNothing() throws {
    try decide(Self.shadow)
    let link = link()
    link.tick()
    for second in 0..<10 {
      for number in 0..<20 {
        var copy = RolloutTally.Sample(.shadow)
        copy.isError = true
        desk.evidence.add(
          .init(.baseline), beside: copy, unit: UInt64(second * 1_000 + number), tenant: "acme",
          of: .init(model: "chat", version: 12), now: now)
      }
      now += 1_000
      link.tick()
    }
    #expect(link.gates[Self.version]?.isOpen == true && desk.standing.vetoes == 0)
    let words = try get { $0.readCounts(Self.model, seconds: [now / 1_000], $1) }.seconds.first
    #expect(words?["s.err"] == 20 && words?["b.n"] == 20)
  }

  @Test func harmSeenHereClosesTheGateAndIsSaid() throws {
    try decide(Self.canary)
    let link = link()
    link.tick()
    let gate = try #require(link.gates[Self.version])
    for second in 0..<10 where gate.isOpen {
      see(second, errors: 20)
      now += 1_000
      link.tick()
    }
    #expect(!gate.isOpen && desk.standing.vetoes == 1)
    #expect(try get { $0.readVetoes($1) }.vetoed == [Self.version], "no other replica is there to be asked")
    #expect(link.own[Self.version]?.isVetoed == true)
  }

  /// A count that is never answered, as where Redis is away.
  private func waiting(_ link: ControlLink) throws -> PendingCount {
    let candidate = try #require(link.states[Self.model]?.candidate)
    let batch = EvidenceDesk.Batch(
      subject: .init(model: "chat", version: 12), candidate: candidate, tally: RolloutTally())
    let count = try #require(
      ControlCount(replica: "r1", sequence: 1_000, Self.model, second: now / 1_000, ["c.n": 1]))
    return PendingCount(batch: batch, count: count, isSent: true)
  }

  @Test func harmIsSeenHereWhileNobodyCanBeTold() throws {
    try decide(Self.canary)
    let link = link()
    link.tick()
    let gate = try #require(link.gates[Self.version])
    link.pending[Self.model] = try waiting(link)
    for second in 0..<10 where gate.isOpen {
      see(second, errors: 20)
      now += 1_000
      link.tick()
    }
    #expect(!gate.isOpen && desk.standing.vetoes == 1)
  }

  @Test func whatCouldNotBeToldIsToldInOneAfterwards() throws {
    try decide(Self.canary)
    let link = link()
    link.tick()
    link.pending[Self.model] = try waiting(link)
    for second in 0..<100 {
      see(second, errors: 0)
      now += 1_000
      link.tick()
    }
    #expect(link.pending[Self.model]?.count.sequence == 1_000 && link.untold.count == 1)
    link.pending = [:]
    now += 1_000
    link.tick()
    let words = try get { $0.readCounts(Self.model, seconds: [now / 1_000], $1) }.seconds.first
    #expect(words?["c.n"] == 2_000 && words?["b.n"] == 2_000)
    #expect(link.untold.isEmpty && link.pending.isEmpty)
  }

  @Test func whatCouldNotBeToldOfAnotherStepIsForgotten() throws {
    try decide(Self.canary)
    let link = link()
    link.tick()
    link.pending[Self.model] = try waiting(link)
    see(0, errors: 0)
    now += 1_000
    link.tick()
    #expect(link.untold[Self.model] != nil)
    try decide(Self.canary.replacing("step=0", with: "step=1"))
    link.sync()
    #expect(link.untold.isEmpty && link.pending.isEmpty)
  }

  @Test func aVetoIsSaidAgainWhereItIsForgotten() throws {
    try decide(Self.canary)
    let link = link()
    link.own[Self.version] = OwnVeto(metric: .err, isVetoed: true)
    link.gates[Self.version] = CandidateGate()
    link.vetoes = ControlVetoes(mark: 5)
    link.take(ControlVetoes(mark: 0))
    #expect(link.own[Self.version]?.isVetoed == false)
    link.sayVetoes()
    #expect(try get { $0.readVetoes($1) }.vetoed == [Self.version])
  }

  @Test func withoutHarmNothingIsVetoed() throws {
    try decide(Self.canary)
    let link = link()
    link.tick()
    for second in 0..<60 {
      see(second, errors: 0)
      now += 1_000
      link.tick()
    }
    #expect(link.gates[Self.version]?.isOpen == true && link.own.isEmpty)
  }
}
