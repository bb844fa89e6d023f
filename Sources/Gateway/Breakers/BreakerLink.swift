import Coordination
import Logging
import Policy
import Telemetry

/// One worker's way from its calls to the breakers that replicas share. Confined to the worker's loop.
final class BreakerLink {
  /// Whether a call may start at a breaker that isn't closed.
  enum Permission: Sendable {
    case refused
    case closed
    /// Nobody can be asked: this replica judges by itself.
    case alone
    case probe(id: String, generation: Int64)
  }

  let shared: any SharedBreakers
  private let desk: BreakerDesk
  private let makeID: () -> String
  private let logger: Logger
  private let clock: () -> Int64
  /// Milliseconds since 1970.
  let wallClock: () -> Int64
  private var chance: Chance

  /// Thousandths that an opening may last longer, so that endpoints don't come back together.
  private static let jitter = 200

  init(
    _ shared: any SharedBreakers, _ desk: BreakerDesk, _ logger: Logger, makeID: @escaping () -> String,
    clock: @escaping () -> Int64 = StateClock.monotonicMilliseconds,
    wallClock: @escaping () -> Int64 = SystemClock.wallMilliseconds,
    chance: Chance = Chance(seed: .random(in: 0...UInt64.max))
  ) {
    (self.shared, self.desk, self.logger, self.makeID) = (shared, desk, logger, makeID)
    (self.clock, self.wallClock, self.chance) = (clock, wallClock, chance)
  }

  /// Milliseconds of the replica's monotonic clock.
  var now: Int64 { clock() }

  /// 0 to `most` thousandths.
  func jitter(_ most: Int) -> Int64 { Int64(chance.below(most + 1)) }
  private var openingJitter: Int64 { jitter(Self.jitter) }

  // MARK: Reports

  /// Tells the others what calls have come to, if it is time to.
  func report(_ site: BreakerSite) {
    let asked = now
    guard let report = site.takeReport(now: asked, isShared: shared.isAvailable) else { return }
    shared.report(report, site.keys, site.settings, jitter: openingJitter) { [weak self, clock] result in
      let status = self?.heard(result)?.status
      let hasMore = site.reported(report, status, asked: asked, now: clock())
      if hasMore { self?.report(site) }
    }
    shared.flush()
  }

  // MARK: Probes

  func permit(_ site: BreakerSite, _ completion: @escaping (Permission) -> Void) {
    guard shared.isAvailable else { return completion(permission(alone: site)) }
    let (id, asked) = (makeID(), now)
    shared.permit(id, site.keys, site.settings, jitter: openingJitter) { [weak self, clock] result in
      guard let permit = self?.heard(result) else {
        // It may have been given all the same: it is asked for again, and given back.
        self?.owe(.permit(id), site)
        return completion(self?.permission(alone: site) ?? .refused)
      }
      site.hear(permit.status, asked: asked, now: clock())
      switch permit.answer {
      case .refused: completion(.refused)
      case .closed: completion(.closed)
      case .probe:
        let generation = permit.status.generation
        // Of a replica that stood still since it asked, the probe is lost already.
        let isLate = clock() - asked >= site.settings.probeTime
        guard !isLate, site.mayProbe(generation, now: clock()) else {
          self?.settle(BreakerProbe(id: id, generation: generation, outcome: .ignore), of: site)
          return completion(.refused)
        }
        completion(.probe(id: id, generation: generation))
      }
    }
    shared.flush()
  }

  /// A site that needs permits is not left without for as long as the shared state is away.
  private func permission(alone site: BreakerSite) -> Permission {
    let now = now
    guard desk.isCutOff(now) else { return .refused }
    site.lose(now: now)
    return .alone
  }

  func makePermitID() -> String { makeID() }

  func settle(_ probe: BreakerProbe, of site: BreakerSite) {
    guard shared.isAvailable else { return owe(.probe(probe), site) }
    let asked = now
    shared.probe(probe, site.keys, site.settings, jitter: openingJitter) { [weak self, clock] result in
      guard let reply = self?.heard(result) else { self?.owe(.probe(probe), site); return }
      site.hear(reply.status, asked: asked, now: clock())
    }
    shared.flush()
  }

  private func owe(_ matter: BreakerDesk.Debt.Matter, _ site: BreakerSite) {
    desk.owe(.init(site: site, matter: matter, until: now + site.settings.probeTime))
  }

  private func pay(_ debt: BreakerDesk.Debt) {
    switch debt.matter {
    case .probe(let probe): settle(probe, of: debt.site)
    case .permit(let id):
      let site = debt.site
      shared.permit(id, site.keys, site.settings, jitter: openingJitter) { [weak self] result in
        guard let permit = self?.heard(result) else { self?.desk.owe(debt); return }
        guard permit.answer == .probe else { return }
        self?.settle(BreakerProbe(id: id, generation: permit.status.generation, outcome: .ignore), of: site)
      }
    }
  }

  // MARK: Rounds

  /// Ten times a second on each worker; one of them looks after all.
  func tick() {
    let now = now
    if shared.isAvailable { desk.noteConnected(now) }
    guard shared.isAvailable || desk.isSilent(now), desk.isRoundDue(now) else { return }
    desk.loseIfSilent(now)
    let isAvailable = shared.isAvailable
    if isAvailable { for debt in desk.takeDebts(now: now) { pay(debt) } }
    if isAvailable, let pools = desk.takeOutlierPass(now) { seekOutliers(pools) }
    for site in desk.all {
      report(site)
      if isAvailable, site.isReadDue(now: now, period: 800 + Int64(chance.below(300))) { read(site) }
      site.look(now: now)
      if let (phase, isNews) = site.takeChange(now: now) { tell(site, phase, isNews) }
    }
    shared.flush()
  }

  /// Asks for those of which nothing is known; false where nobody can be asked.
  func meet() -> Bool {
    guard shared.isAvailable else { return false }
    for site in desk.all where !site.isAcquainted { read(site) }
    shared.flush()
    return true
  }

  private func read(_ site: BreakerSite) {
    let asked = now
    shared.readBreaker(site.keys) { [weak self, clock] result in
      guard let status = self?.heard(result) else { return }
      site.hear(status, asked: asked, now: clock())
    }
  }

  private func heard<Value>(_ result: Result<Value, StateFailure>) -> Value? {
    guard case .success(let value) = result else { return nil }
    desk.noteReply(now)
    return value
  }

  // MARK: Telling people

  private func tell(_ site: BreakerSite, _ phase: BreakerPhase, _ isNews: Bool) {
    logger.log(
      level: !isNews ? .debug : phase == .open ? .warning : .notice, "a breaker changed",
      metadata: [
        "endpoint": "\(site.endpoint.id)", "deployment": "\(site.deployment)", "state": "\(phase.name)",
      ])
  }

  func tellBarred(_ site: BreakerSite, status: Int) {
    logger.error(
      "a provider refuses the router's credential; its endpoint is left out, and tried again in five minutes",
      metadata: ["endpoint": "\(site.endpoint.id)", "status": "\(status)"])
  }
}
