import Policy
import Testing

@testable import Gateway

/// What exchanges say of candidates, over all workers.
struct EvidenceDeskTests {
  private static let subject = EvidenceDesk.Subject(model: "chat", version: 12)

  private func candidate(_ version: Int = 12, step: Int = 0) -> RolloutState.Candidate {
    var candidate = RolloutState.Candidate(version: version, phase: .canary, since: 1)
    candidate.step = step
    candidate.thresholds = Thresholds()
    return candidate
  }

  private func desk() -> EvidenceDesk {
    let desk = EvidenceDesk()
    desk.apply(["chat": candidate()], now: 0)
    return desk
  }

  private func add(
    _ desk: EvidenceDesk, unit: UInt64, tenant: String = "acme",
    _ subject: EvidenceDesk.Subject = Self.subject,
    at now: Int64 = 0
  ) {
    desk.add(.init(.canary), unit: unit, tenant: tenant, of: subject, now: now)
  }

  private func count(_ desk: EvidenceDesk) -> Int64 {
    desk.take().reduce(0) { $0 + ($1.tally.words["c.n"] ?? 0) }
  }

  @Test func aSessionCountsOnceInASecond() {
    let desk = desk()
    for _ in 0..<5 { add(desk, unit: 1) }
    add(desk, unit: 2, at: 999)
    #expect(count(desk) == 2)
    add(desk, unit: 1, at: 1_000)
    #expect(count(desk) == 1)
    #expect(desk.take().isEmpty)
  }

  @Test func noTenantIsMoreThanItsPart() {
    let desk = desk()
    for unit in 0..<5 as Range<UInt64> { add(desk, unit: unit, tenant: "t\(unit)") }
    for unit in 100..<200 as Range<UInt64> { add(desk, unit: unit, tenant: "t0") }
    #expect(count(desk) == 6)
  }

  @Test func onlyTheCandidateThatIsTriedIsJudged() {
    let desk = desk()
    add(desk, unit: 1, .init(model: "chat", version: 11))
    add(desk, unit: 2, .init(model: "other", version: 12))
    #expect(desk.take().isEmpty)
  }

  @Test func anotherStepForgetsWhatWasCountedAndAnotherWeightDoesNot() {
    let desk = desk()
    add(desk, unit: 1)
    var next = candidate()
    next.weight = .all
    desk.apply(["chat": next], now: 0)
    #expect(count(desk) == 1)
    add(desk, unit: 2)
    desk.apply(["chat": candidate(step: 1)], now: 0)
    #expect(desk.take().isEmpty)
    desk.apply([:], now: 0)
    add(desk, unit: 3)
    #expect(desk.take().isEmpty)
  }

  private func shadow(measured: Bool) -> RolloutState.Candidate {
    var shadow = RolloutState.Candidate(version: 12, phase: .shadow, since: 1)
    if measured { shadow.thresholds = Thresholds() }
    return shadow
  }

  private func addPair(_ desk: EvidenceDesk, unit: UInt64, tenant: String = "acme") {
    var copy = RolloutTally.Sample(.shadow)
    copy.isError = true
    desk.add(.init(.baseline), beside: copy, unit: unit, tenant: tenant, of: Self.subject, now: 0)
  }

  @Test func ofCopiesOnlyPairsCount() {
    let desk = EvidenceDesk()
    desk.apply(["chat": shadow(measured: true)], now: 0)
    desk.add(.init(.baseline), unit: 1, tenant: "acme", of: Self.subject, now: 0)
    #expect(desk.take().isEmpty)
    addPair(desk, unit: 2)
    addPair(desk, unit: 2)
    addPair(desk, unit: 3)
    #expect(desk.take().first?.tally.words == ["b.n": 2, "s.n": 2, "s.err": 2])
  }

  @Test func beforeCopiesTheBaselineIsMeasured() {
    let desk = EvidenceDesk()
    desk.apply(["chat": shadow(measured: false)], now: 0)
    addPair(desk, unit: 1)
    desk.add(.init(.baseline), unit: 2, tenant: "acme", of: Self.subject, now: 0)
    #expect(desk.take().first?.tally.words["b.n"] == 1)
    addPair(desk, unit: 3)
    desk.add(.init(.baseline), unit: 4, tenant: "acme", of: Self.subject, now: 0)
    var canary = candidate()
    canary.thresholds = nil
    desk.apply(["chat": canary], now: 0)
    #expect(desk.take().isEmpty, "a canary begins with nothing")
  }

  private func grade(_ desk: EvidenceDesk, tenant: String, version: Int = 12) -> Bool {
    desk.add(.down, .canary, tenant: tenant, of: .init(model: "chat", version: version), now: 0)
  }

  @Test func gradesAreCountedBesideRequests() {
    let desk = desk()
    add(desk, unit: 1)
    #expect(grade(desk, tenant: "acme") && !grade(desk, tenant: "acme", version: 11))
    let words = desk.take().first?.tally.words
    #expect(words?["c.n"] == 1 && words?["c.q"] == 1 && words?["c.lowq"] == 1)
  }

  @Test func noTenantGivesMoreThanItsPartOfTheGrades() {
    let desk = desk()
    for tenant in 0..<5 { #expect(grade(desk, tenant: "t\(tenant)")) }
    let more = (0..<100).map { _ in grade(desk, tenant: "t0") }
    #expect(more.count { $0 } == 1)
  }

  private func say(
    _ verdict: PairVerdict, _ desk: EvidenceDesk, tenant: String = "acme", version: Int = 12
  ) -> Bool {
    desk.add(verdict, tenant: tenant, of: .init(model: "chat", version: version), now: 0)
  }

  @Test func aVerdictIsAGradeOfBothSides() {
    let desk = EvidenceDesk()
    desk.apply(["chat": shadow(measured: true)], now: 0)
    for verdict in [PairVerdict.worse, .worse, .better, .same] { #expect(say(verdict, desk)) }
    #expect(desk.take().first?.tally.words == ["s.q": 4, "s.lowq": 2, "b.q": 4, "b.lowq": 1])
  }

  @Test func aVerdictIsHeardWhileItsVersionIsJudgedByCopies() {
    let desk = EvidenceDesk()
    desk.apply(["chat": shadow(measured: false)], now: 0)
    #expect(!say(.worse, desk), "the baseline is measured anew")
    desk.apply(["chat": shadow(measured: true)], now: 0)
    #expect(!say(.worse, desk, version: 11))
    desk.apply(["chat": candidate()], now: 0)
    #expect(!say(.worse, desk), "it is a canary by now")
    desk.apply([:], now: 0)
    #expect(!say(.worse, desk) && desk.take().isEmpty)
  }

  @Test func noTenantIsMoreThanItsPartOfTheVerdicts() {
    let desk = EvidenceDesk()
    desk.apply(["chat": shadow(measured: true)], now: 0)
    for tenant in 0..<5 { #expect(say(.same, desk, tenant: "t\(tenant)")) }
    let more = (0..<100).map { _ in say(.worse, desk, tenant: "t0") }
    #expect(more.count { $0 } == 1)
  }

  /// They are of the baseline alone, whose answers people see: no pairs.
  @Test func whatPeopleSayOfTheBaselineIsNotMixedWithVerdicts() {
    let desk = EvidenceDesk()
    func thumbDown() -> Bool { desk.add(.down, .baseline, tenant: "acme", of: Self.subject, now: 0) }
    desk.apply(["chat": shadow(measured: true)], now: 0)
    #expect(!thumbDown() && desk.take().isEmpty)
    desk.apply(["chat": shadow(measured: false)], now: 0)
    #expect(thumbDown() && desk.take().first?.tally.words == ["b.grade.zero": 1])
  }

  @Test func onlyAPairThatIsCountedIsJudged() {
    let desk = EvidenceDesk()
    desk.apply(["chat": shadow(measured: true)], now: 0)
    func isCounted(_ unit: UInt64) -> Bool {
      desk.add(
        .init(.baseline), beside: .init(.shadow), unit: unit, tenant: "acme", of: Self.subject, now: 0)
    }
    #expect(isCounted(1) && !isCounted(1) && isCounted(2))
  }

  @Test func fourWorkersLoseNothing() async {
    let desk = desk()
    await onFourThreads { worker in
      for number in 0..<1_000 { add(desk, unit: UInt64(worker * 1_000 + number)) }
    }
    #expect(count(desk) == 4_000)
  }
}
