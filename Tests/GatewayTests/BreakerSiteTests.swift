import Coordination
import Policy
import Settings
import Testing

@testable import Gateway

/// What a site adds to its `LocalBreaker`: when to report, what to say again, and whether routing need look at all.
struct BreakerSiteTests {
  private static let two = """
    server: { host: 127.0.0.1 }
    providers:
      lab: { dialect: openai, endpoints: [ "http://a:1/v1", "http://b:1/v1" ], api_keys: ["one", "two"] }
    deployments: { d: { provider: lab, model: m } }
    models: { m: { deployments: [d] } }
    """

  private func snapshot(_ more: String = "", after former: Snapshot? = nil) throws -> Snapshot {
    Snapshot(try settings(Self.two + "\n" + more), epoch: (former?.epoch ?? 0) + 1, former: former)
  }

  private func sites(_ snapshot: Snapshot) -> [BreakerSite] { snapshot.breakers.pools[0] }

  private func status(_ phase: BreakerState.Phase, _ generation: Int64, left: Int64 = 0) -> BreakerStatus {
    BreakerStatus(
      phase: phase, generation: generation, left: left, cool: nil, age: 0, opens: 0, issued: 0, succeeded: 0,
      reason: phase == .closed ? .new : .rate)
  }

  @Test func replicasCallSitesByURLAndCredential() throws {
    #expect(
      sites(try snapshot()).map(\.keys.name) == [
        "http://a:1/v1/d", "http://a:1/v1%232/d", "http://b:1/v1/d", "http://b:1/v1%232/d",
      ])
  }

  @Test func sitesOutliveAReloadUnlessTheirSettingsChange() throws {
    let first = try snapshot()
    #expect(sites(try snapshot(after: first)).elementsEqual(sites(first), by: ===))
    let other = sites(try snapshot("breaker: { base: 1s }", after: first))
    #expect(zip(other, sites(first)).allSatisfy { $0 !== $1 })
    #expect(first.breakers.trouble.isNone)
  }

  @Test func aSiteOfOtherSettingsStandsWhereTheLastOneDid() throws {
    let first = try snapshot()
    let now = StateClock.monotonicMilliseconds()
    sites(first)[0].hear(status(.open, 5, left: 60_000), asked: nil, now: now)
    let second = try snapshot("breaker: { base: 1s }", after: first)
    let uses = try #require(second.uses(ofDeployment: 0, for: 7, now: now))
    #expect(uses.map { $0 == .out } == [true, false, false, false])
    #expect(sites(second).map(\.isAcquainted) == [true, false, false, false])
  }

  /// So that the shared one opens in the end, where each replica keeps its own open.
  @Test func aProbeOfItsOwnIsPartOfTheNextReport() throws {
    let site = sites(try snapshot("breaker: { base: 1s }"))[0]
    site.hear(status(.closed, 5), asked: 0, now: 0)
    for _ in 0..<20 { _ = site.failed(site.stamp(), .transportFailed(isConnect: false), caller: 1, now: 100) }
    let first = try #require(site.takeReport(now: 100, isShared: true))
    _ = site.reported(first, status(.closed, 5), asked: 100, now: 101)
    let stamp = try #require(site.ownPermit("p", now: 1_200))
    _ = site.failed(stamp, .transportFailed(isConnect: false), caller: 1, now: 1_300)
    site.probed("p", stamp, .fail, now: 1_300)
    #expect(site.takeReport(now: 1_300, isShared: true)?.counts.text == "0 1")
  }

  @Test func anEndpointThatJoinsAPoolInUseStartsSlowly() throws {
    let first = Snapshot(
      try settings(Self.two.replacing(#", "http://b:1/v1""#, with: "")), epoch: 1, former: nil)
    let second = try snapshot(after: first)
    let now = Int64(0)  // before it joined
    #expect(sites(second).map { $0.view(now: now).share < 1 } == [false, false, true, true])
    #expect(sites(second).allSatisfy { $0.view(now: .max / 4).share == 1 }, "long after")
    #expect(!second.breakers.trouble.isNone)
  }

  @Test func successesAreToldOnceASecondAndFailuresAtOnce() throws {
    let site = sites(try snapshot())[0]
    site.succeeded(site.stamp(), caller: 1, isSlow: false, now: 0)
    let first = try #require(site.takeReport(now: 0, isShared: true))
    #expect(first.counts.text == "0 0 1:1/0/0")
    site.succeeded(site.stamp(), caller: 1, isSlow: false, now: 10)
    #expect(site.takeReport(now: 10, isShared: true) == nil, "one at a time")
    #expect(!site.reported(first, status(.closed, 0), asked: 0, now: 11))
    #expect(site.takeReport(now: 999, isShared: true) == nil)
    #expect(site.failed(site.stamp(), .answerFailed(cell: 2), caller: 2, now: 999))
    let second = try #require(site.takeReport(now: 999, isShared: true))
    #expect(second.counts.text == "0 0 1:1/0/0 2:0/1/0")
    #expect(second.sequence > first.sequence)
  }

  @Test func aReportWithoutAReplyIsSentAgainAsItWas() throws {
    let site = sites(try snapshot())[0]
    _ = site.failed(site.stamp(), .answerFailed(cell: 0), caller: 0, now: 0)
    let report = try #require(site.takeReport(now: 0, isShared: true))
    for _ in 0..<2 {
      _ = site.reported(report, nil, asked: 0, now: 1)
      #expect(site.takeReport(now: 2, isShared: true) == report)
    }
    _ = site.reported(report, nil, asked: 0, now: 1)
    #expect(site.takeReport(now: 2, isShared: true) == nil, "given up")
  }

  @Test func whatIsHeardIsTroubleUntilItIsOver() throws {
    let snapshot = try snapshot()
    let site = sites(snapshot)[0]
    #expect(snapshot.uses(ofDeployment: 0, for: 7) == nil)
    site.hear(status(.open, 5, left: 1_000), asked: nil, now: 0)
    #expect(!snapshot.breakers.trouble.isNone)
    func change() -> [Bool?] { site.takeChange(now: 10).map { [$0.phase == .open, $0.isNews] } ?? [] }
    #expect(change() == [true, true] && change() == [])
    site.hear(status(.half, 6), asked: nil, now: 5)
    #expect(change() == [false, false], "that it is probed is no news")
    site.hear(status(.open, 7, left: 1_000), asked: nil, now: 6)
    #expect(change() == [true, false], "nor that it failed")
    site.hear(status(.closed, 8), asked: nil, now: 10)
    #expect(change() == [false, true])
    #expect(snapshot.breakers.trouble.isNone)
    #expect(site.figures(now: 10).tally.transitions == [.open: 2, .half: 1, .closed: 1])
  }

  @Test func pausesThatComeAndGoAreToldNowAndThen() throws {
    let site = sites(try snapshot())[0]
    var told: [Bool] = []
    for round in 0..<62 as Range<Int64> {
      var status = status(.closed, 5)
      status.cool = round % 2 == 0 ? 1_000 : nil
      site.hear(status, asked: nil, now: round * 1_000)
      if let change = site.takeChange(now: round * 1_000) { told += [change.isNews] }
    }
    #expect(told.count == 62)
    #expect(told.enumerated().filter(\.element).map(\.offset) == [0, 1, 30, 31, 60, 61])
  }

  @Test func newsOvertakesAPermit() throws {
    let site = sites(try snapshot())[0]
    site.hear(status(.half, 6), asked: nil, now: 0)
    #expect(site.mayProbe(6, now: 0))
    site.hear(status(.open, 7, left: 1_000), asked: nil, now: 1)
    #expect(!site.mayProbe(6, now: 1))
    site.hear(status(.half, 8), asked: nil, now: 2)
    var asked = status(.half, 8)
    asked.cool = 500
    site.hear(asked, asked: nil, now: 3)
    #expect(!site.mayProbe(8, now: 3), "it asks to be left alone")
  }

  @Test func anOutlierIsReportedAtOnceAndInItsGeneration() throws {
    let site = sites(try snapshot())[0]
    site.hear(status(.closed, 5), asked: nil, now: 0)
    #expect(site.takeReport(now: 2_000, isShared: true) == nil)
    site.openAsOutlier(now: 2_000)
    let report = try #require(site.takeReport(now: 2_000, isShared: true))
    #expect(report.opening == .outlier && report.generation == 5 && report.counts.isEmpty)
    _ = site.reported(report, status(.open, 6, left: 500), asked: 2_000, now: 2_001)
    #expect(site.takeReport(now: 2_002, isShared: true) == nil, "said once")
  }

  @Test func aRefusedCredentialIsTroubleAsLongAsItsConfiguration() throws {
    var snapshot = try snapshot()
    let trouble = snapshot.breakers.trouble
    let now = StateClock.monotonicMilliseconds()
    #expect(snapshot.breakers.bars[1].set(now: now))
    #expect(!snapshot.breakers.bars[1].set(now: now), "told once")
    let uses = try #require(snapshot.uses(ofDeployment: 0, for: 7))
    #expect(uses.map { $0 == .out } == [false, true, false, false])
    snapshot = try self.snapshot(after: snapshot)
    #expect(trouble.isNone && snapshot.breakers.trouble === trouble)
  }

  @Test func aRefusedCredentialIsTriedByOneCallAfterFiveMinutes() {
    let trouble = Trouble()
    let bar = CredentialBar(trouble)
    #expect(bar.enter(now: 0) == false)
    #expect(bar.set(now: 1_000))
    #expect(bar.isBarred(now: 300_999) && bar.enter(now: 300_999) == nil)
    #expect(!bar.isBarred(now: 301_000) && bar.enter(now: 301_000) == true)
    #expect(bar.isBarred(now: 301_000) && bar.enter(now: 301_000) == nil, "one alone")
    bar.giveBack(now: 302_000)
    #expect(bar.enter(now: 302_000) == true)
    #expect(!bar.set(now: 302_000) && bar.enter(now: 601_999) == nil && !trouble.isNone)
    #expect(bar.enter(now: 602_000) == true)
    bar.clear()
    #expect(trouble.isNone && bar.enter(now: 602_001) == false)
  }

  @Test func aCallerThatFailsAloneIsOutAndNobodyElse() throws {
    let snapshot = try snapshot()
    let now = 1_000_000_000_000 as Int64  // pauses last longer than the test
    let site = sites(snapshot)[0]
    site.succeeded(site.stamp(), caller: 1, isSlow: false, now: now)
    for _ in 0..<5 { _ = site.failed(site.stamp(), .answerFailed(cell: 2), caller: 2, now: now) }
    #expect(site.pause(of: 2, now: now) > 0 && site.pause(of: 1, now: now) == 0)
    let use = { snapshot.standings(ofDeployment: 0, for: $0, now: now).uses[0] }
    #expect(use(2) == .out)
    #expect(use(1) == .open(weight: 1))
  }
}
