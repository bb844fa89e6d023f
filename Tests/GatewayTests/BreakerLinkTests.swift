import Coordination
import Logging
import Policy
import Settings
import Testing

@testable import Gateway

/// What a worker makes of permits whose answers come late, or never. Times are milliseconds.
struct BreakerLinkTests {
  private static let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

  private let moment = Moment()
  private let shared: FarBreakers
  private let desk: BreakerDesk
  private let site: BreakerSite
  private let link: BreakerLink

  init() throws {
    shared = FarBreakers(moment)
    (desk, site) = try Self.replica(at: moment)
    link = Self.worker(of: desk, shared, moment)
  }

  private static func replica(at moment: Moment) throws -> (BreakerDesk, BreakerSite) {
    let snapshot = Snapshot(try settings(document()), epoch: 1, former: nil)
    return (BreakerDesk(snapshot, now: moment.now), snapshot.breakers.pools[0][0])
  }

  private static func worker(of desk: BreakerDesk, _ shared: FarBreakers, _ moment: Moment) -> BreakerLink {
    BreakerLink(
      shared, desk, logger, makeID: { moment.makeID() }, clock: { moment.now }, wallClock: { moment.now },
      chance: Chance(seed: 1))
  }

  private var standing: BreakerView.Standing { site.view(now: moment.now).standing }
  private var machine: BreakerMachine? { shared.store.entries[site.keys]?.machine }

  private func open(_ site: BreakerSite, by link: BreakerLink) {
    for caller in 0..<20 as Range<UInt64> {
      _ = site.failed(
        site.stamp(), .transportFailed(isConnect: false), caller: caller, now: moment.now)
    }
    link.report(site)
    shared.answer()
  }

  /// The shared breaker has opened, and may be probed by now.
  private func makeDue() {
    open(site, by: link)
    moment.now += 7_000
    link.tick()
    shared.answer()
  }

  private func ask() -> Asked {
    let asked = Asked()
    link.permit(site) { asked.answer = "\($0)".prefix { $0 != "(" }.description }
    return asked
  }

  // MARK: Nobody is there to ask

  @Test func whereNobodyHasBeenThereForAMomentThisReplicaJudgesAlone() {
    makeDue()
    shared.isAvailable = false
    moment.now += 300
    #expect(ask().answer == "refused" && standing == .half(.shared))
    moment.now += 1
    #expect(ask().answer == "alone" && standing == .half(.own))
  }

  @Test func aWayThatAnotherWorkerHasIsTheReplicas() {
    makeDue()
    shared.isAvailable = false
    moment.now += 250
    Self.worker(of: desk, FarBreakers(moment), moment).tick()
    moment.now += 300
    #expect(ask().answer == "refused" && standing == .half(.shared))
    moment.now += 1
    #expect(ask().answer == "alone")
  }

  @Test func aPermitWhoseAnswerIsLostIsGivenBackOnceSomebodyIsThere() {
    makeDue()
    let asked = ask()
    #expect(machine?.state.issued == 1)
    moment.now += 301
    shared.isAvailable = false
    shared.lose()
    #expect(asked.answer == "alone" && standing == .half(.own))
    shared.isAvailable = true
    link.tick()
    shared.answer()
    #expect(machine?.state.issued == 0 && machine?.state.phase == .half && standing == .half(.shared))
  }

  /// What is open needs no permit, and stays so until Redis is taken for lost.
  @Test func afterALongSilenceWhatIsOpenIsOpenForBaseAtTheLongest() {
    desk.noteReply(moment.now)
    var status = shared.store.read(site.keys, now: moment.now)
    (status.phase, status.generation, status.left, status.reason) = (.open, 7, 60_000, .rate)
    site.hear(status, asked: nil, now: moment.now)
    let opening = BreakerView.Standing.open(until: moment.now + 60_000)
    shared.isAvailable = false
    moment.now += 2_500
    link.tick()
    #expect(standing == opening)
    moment.now += 1
    link.tick()
    let own = BreakerView.Standing.open(until: moment.now + site.settings.base)
    #expect(standing == own && own != opening)
  }

  // MARK: Late permits

  /// By then the shared state takes the probe for lost.
  @Test(arguments: [(1, "probe"), (0, "refused")] as [(Int64, String)])
  func aPermitIsUsedWhileItsProbeMayRun(left: Int64, answer: String) {
    makeDue()
    let asked = ask()
    #expect(asked.answer == nil && machine?.probes.count == 1)
    moment.now += site.settings.probeTime - left
    shared.answer()
    #expect(asked.answer == answer)
    #expect(machine?.probes.isEmpty == (answer == "refused"), "what isn't used is given back")
  }

  // MARK: New breakers

  @Test func aNewBreakerIsReadAtOnceAndOneThatIsKnownIsNot() throws {
    let (theirDesk, theirs) = try Self.replica(at: moment)
    open(theirs, by: Self.worker(of: theirDesk, shared, moment))
    shared.isAvailable = false
    #expect(!link.meet() && shared.reads == 0)
    shared.isAvailable = true
    #expect(link.meet() && shared.reads == 1)
    #expect(!site.isAcquainted && standing == .closed, "nothing has come back yet")
    shared.answer()
    #expect(site.isAcquainted && standing == theirs.view(now: moment.now).standing && standing != .closed)
    #expect(link.meet() && shared.reads == 1)
  }
}

private final class Asked { var answer: String? }

/// A time that is the test's to say.
private final class Moment {
  var now: Int64 = 1_000
  private var count = 0

  func makeID() -> String {
    count += 1
    return "id\(count)"
  }
}

/// Shared breakers at the far end of a wire: what is asked is done at once, and the answer is under way for as long as the test likes.
private final class FarBreakers: SharedBreakers {
  private let moment: Moment
  var isAvailable = true
  private(set) var store = BreakerStore()
  private(set) var reads = 0
  private var underWay: [(_ comes: Bool) -> Void] = []

  init(_ moment: Moment) { self.moment = moment }

  /// All answers come, and those to what is asked because of them.
  func answer() { while !underWay.isEmpty { underWay.removeFirst()(true) } }
  func lose() { while !underWay.isEmpty { underWay.removeFirst()(false) } }

  private func send<Reply>(
    _ reply: Reply, _ completion: @escaping (Result<Reply, StateFailure>) -> Void
  ) {
    underWay.append { comes in completion(comes ? .success(reply) : .failure(.lost)) }
  }

  func report(
    _ report: BreakerReport, _ keys: BreakerKeys, _ settings: BreakerSettings, jitter: Int64,
    _ completion: @escaping (Result<BreakerReport.Reply, StateFailure>) -> Void
  ) {
    send(store.report(keys, report, settings, jitter: jitter, now: moment.now), completion)
  }

  func permit(
    _ id: String, _ keys: BreakerKeys, _ settings: BreakerSettings, jitter: Int64,
    _ completion: @escaping (Result<BreakerPermit, StateFailure>) -> Void
  ) {
    send(store.permit(keys, id, settings, jitter: jitter, now: moment.now), completion)
  }

  func probe(
    _ probe: BreakerProbe, _ keys: BreakerKeys, _ settings: BreakerSettings, jitter: Int64,
    _ completion: @escaping (Result<BreakerProbe.Reply, StateFailure>) -> Void
  ) {
    send(store.probe(keys, probe, settings, jitter: jitter, now: moment.now), completion)
  }

  func readBreaker(
    _ keys: BreakerKeys, _ completion: @escaping (Result<BreakerStatus, StateFailure>) -> Void
  ) {
    reads += 1
    send(store.read(keys, now: moment.now), completion)
  }

  func readWindow(
    _ keys: BreakerKeys, _ settings: BreakerSettings,
    _ completion: @escaping (Result<BreakerCounts, StateFailure>) -> Void
  ) {
    send(store.window(keys, now: moment.now).sum(settings, now: moment.now), completion)
  }

  func claimOutlierPass(
    prefix: String, for time: Int64, _ completion: @escaping (Result<Bool, StateFailure>) -> Void
  ) {
    send(true, completion)
  }

  func flush() {}
}
