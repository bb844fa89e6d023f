import Coordination
import Logging
import Policy

/// A replica's way to what is decided about versions: asks once a second, and at each message, and tells what was applied. On one worker;
/// confined to its loop.
final class ControlLink {
  let register: any ControlRegister
  let desk: VersionDesk
  let replica: String
  let logger: Logger
  /// Monotonic milliseconds.
  let clock: () -> Int64

  private static let period: Int64 = 1_000
  /// Milliseconds after which the registry is looked at again for what it didn't have: it may have been put back without a word.
  private static let lookout: Int64 = 5_000

  private var isSyncing = false
  /// There is something to ask for at once.
  private var isDue = false
  private var nextSync: Int64 = 0
  private var nextLook: Int64 = 0
  private var follower = ControlFollower()
  private var leaderSeenAt: Int64
  /// The last stamp, and when it was written by this replica's clock.
  private var stamp: (epoch: Int64, count: Int64, written: Int64)?
  /// Live ones, as the shared state counts them.
  private(set) var replicas = 1

  // What was taken; see `ControlLink+Bundles`.
  /// It is not applied yet, as its bundles aren't all here.
  var waiting: ControlConfig?
  var fetching: ControlConfig?
  var taken: ControlConfig?
  var states: [ControlModel: RolloutState] = [:]
  var bundles: [ControlModel: [Int: Bundle]] = [:]
  /// Versions that may serve and that the registry doesn't have, or not so that they can be read.
  var missing: Set<ControlVetoes.Version> = []
  /// Those that were when it was put in force.
  var absent: Set<ControlVetoes.Version> = []
  /// Versions that aren't served and were asked for, the latest last; see `ControlLink+Staged`.
  var staged: [Bundle] = []
  var told: Set<String> = []

  // Candidates, and what stops them; see `ControlLink+Evidence`.
  var gates: [ControlVetoes.Version: CandidateGate] = [:]
  var vetoes = ControlVetoes(mark: 0)
  var own: [ControlVetoes.Version: OwnVeto] = [:]
  var tests: [ControlModel: LocalVeto] = [:]
  var pending: [ControlModel: PendingCount] = [:]
  /// What was judged here, and waits until what is pending was told.
  var untold: [ControlModel: EvidenceDesk.Batch] = [:]
  var spending: [ControlModel: PendingSpend] = [:]
  /// Of the configuration's models; see `ControlLink+Traffic`.
  var traffics: [String: Traffic] = [:]
  var trafficPending: [ControlModel: PendingTraffic] = [:]
  var trafficMinute: Int64?
  var sequence: Int64 = 0
  private var nextFlush: Int64 = 0

  init(
    _ register: any ControlRegister, _ desk: VersionDesk, replica: String, _ logger: Logger,
    clock: @escaping () -> Int64 = StateClock.monotonicMilliseconds
  ) {
    (self.register, self.desk, self.replica, self.logger) = (register, desk, replica, logger)
    self.clock = clock
    leaderSeenAt = clock()
  }

  /// No leader was heard of for so long that a single replica's word is all there is.
  var isLeaderless: Bool { clock() - leaderSeenAt >= ControlAck.live }

  /// Ten times a second.
  func tick() {
    let now = clock()
    if isDue || now >= nextSync { sync() }
    readStaged()
    guard now >= nextFlush else { return }
    nextFlush = now + Self.period
    tellEvidence()
    tellSpending()
    tellTraffic()
  }

  /// Something was said of what is shared.
  func hear(_ news: ControlNews) {
    switch news {
    case .config(let position):
      if position > follower.position { sync() }
    case .veto: sync()
    case .bundle(let model, let version):
      guard missing.contains(.init(model, version)), let taken else { return }
      fetching = nil
      fetch(taken)
    case .ask: break
    }
  }

  /// Asks what there is; a second time, once the first is answered, where that is under way.
  func sync() {
    isDue = true
    guard !isSyncing, register.isAvailable else { return }
    (isSyncing, isDue) = (true, false)
    let asked = clock()
    nextSync = asked + Self.period
    let standing = desk.standing
    let sync = ControlSync(
      replica: replica, applied: standing.position, hash: standing.hash, vetoMark: vetoes.mark)
    register.sync(sync) { [weak self] result in self?.heard(result, asked: asked) }
    register.flush()
  }

  private func heard(_ result: Result<ControlSync.Reply, StateFailure>, asked: Int64) {
    isSyncing = false
    guard case .success(let reply) = result else { return }
    note(reply, asked: asked)
    if let vetoes = reply.vetoes { take(vetoes) }
    sayVetoes()
    if let config = follower.hear(reply.change) { waiting = config }
    if let waiting { fetch(waiting) } else { lookAgain(asked) }
    // Until what was decided last is here, replicas go by weights of before: a stamp makes them no younger.
    if desk.standing.position == follower.position { desk.lease.extend(to: freshUntil) }
    let (isKnown, refusals) = (waiting == nil && taken == nil, follower.refusals)
    desk.note {
      $0.refusals = refusals
      if isKnown { $0.isKnown = true }
    }
    if isDue { sync() }
  }

  private func lookAgain(_ now: Int64) {
    guard !missing.isEmpty, let taken, now >= nextLook else { return }
    nextLook = now + Self.lookout
    fetch(taken)
  }

  private func note(_ reply: ControlSync.Reply, asked: Int64) {
    replicas = Int(clamping: reply.replicas)
    if reply.left > 0 { leaderSeenAt = asked }
    if let stamp = reply.stamp { hear(stamp, asked: asked) }
    let isLeader = reply.left > 0 && reply.leader == replica
    desk.note { $0.isLeader = isLeader }
    if case .config(let config) = reply.change, !config.isWhole {
      tellOnce(
        "changed \(config.hash)", "a configuration of rollouts was changed by hand, and is not applied",
        ["position": "\(config.position.epoch).\(config.position.version)"])
    }
  }

  /// It counts from when it was written, and no later where the shared state's clock goes back: it is the same one.
  private func hear(_ next: ControlStamp, asked: Int64) {
    let written = asked - next.age
    if let stamp, (stamp.epoch, stamp.count) == (next.epoch, next.count) {
      self.stamp?.written = min(stamp.written, written)
    } else {
      stamp = (next.epoch, next.count, written)
    }
  }

  /// Until when weights count by the last stamp, which is about the newest configuration.
  private var freshUntil: Int64 { stamp.map { $0.written + ControlStamp.lifetime } ?? 0 }

  /// Of a configuration, where it is the newest.
  func freshUntil(_ config: ControlConfig?) -> Int64 {
    config?.position == follower.position ? freshUntil : 0
  }

  func tellOnce(_ key: String, _ message: Logger.Message, _ metadata: Logger.Metadata) {
    guard told.count < 1_000, told.insert(key).inserted else { return }
    logger.warning(message, metadata: metadata)
  }
}
