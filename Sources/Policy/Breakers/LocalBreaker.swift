/// One endpoint's breaker as a replica sees it: the worse of its own, from its own calls, and of the shared one as it last heard of it.
///
/// So it works without Redis too; an opening of its own lasts no longer than `base`. Times are milliseconds of the replica's
/// monotonic clock. Whoever carries it out asks the shared state every second, and sends what `takeReport` gives.
package struct LocalBreaker: Sendable {
  /// How a call ended, as far as a breaker cares.
  package enum Outcome: Equatable, Sendable {
    case ok(cell: Int, isSlow: Bool)
    case answerFailed(cell: Int)
    /// Whoever called; `isConnect`: there was not even a connection.
    case transportFailed(isConnect: Bool)
    /// A health check succeeded.
    case healthy
    /// Milliseconds, jitter included.
    case cooldown(Int64)
  }

  /// Whose counts a call's end is part of.
  package enum Counting: Equatable, Sendable {
    case all
    /// A probe of the replica's own breaker, which learns of it by itself: the others learn of it by the counts.
    case shared
    /// It had a permit of the shared breaker, or panic let it through.
    case none
  }

  /// In which generations a call started: what began in another one says nothing of this one.
  package struct Stamp: Equatable, Sendable {
    fileprivate var shared: Int64
    package fileprivate(set) var own: Int64
    fileprivate var counting: Counting
  }

  /// When a report should go out.
  package enum Haste: Equatable, Sendable {
    case none
    /// With the next batch, in a tenth of a second.
    case soon
    case now
  }

  /// Milliseconds without a failure after which the next one is told at once.
  package static let quiet: Int64 = 1_000

  private let settings: BreakerSettings
  /// The same, but that it never opens for longer than `base`.
  private let ownSettings: BreakerSettings
  private let slowStart: SlowStart
  private var joined: Int64?
  private var own = BreakerMachine()
  private var sequence: Int64 = 0
  /// What its own breaker has not counted yet, and of which of its generations.
  private var fresh = BreakerCounts()
  private var freshGeneration: Int64 = 0
  private var shared: BreakerStatus?
  /// When it was heard.
  private var heard: Int64 = 0
  private var isConnected = false
  private var pending: BreakerReport
  private var connectFailures = 0
  private var lastFailure: Int64?

  /// `joined` is when the endpoint was added to a pool that is in use; `reporter` names this process.
  package init(
    _ settings: BreakerSettings, reporter: String, slowStart: SlowStart = SlowStart(), joined: Int64? = nil
  ) {
    self.settings = settings
    ownSettings = settings.opening(atMost: settings.base)
    self.slowStart = slowStart
    self.joined = joined
    pending = BreakerReport(reporter: reporter, sequence: 0, generation: 0)
  }

  /// Begins where another one of the same endpoint stands, whose settings were others; what that was to report is left to it.
  package mutating func goOn(from former: LocalBreaker) {
    (own, sequence, joined) = (former.own, former.sequence, former.joined)
    (shared, heard, isConnected) = (former.shared, former.heard, former.isConnected)
    isAcquainted = former.isAcquainted
  }

  /// Whether the shared state has ever been heard of, or given up.
  package private(set) var isAcquainted = false

  // MARK: What routing asks

  package func view(now: Int64) -> BreakerView {
    let cool = max(sharedCool(now) ?? .min, own.state.cool(now) ?? .min)
    if cool > 0 { return BreakerView(.cooling(until: now + cool)) }
    let standing = standing(now)
    return BreakerView(standing, share: share(now) * slowStart.share(cool: cool))
  }

  /// What is behind a view, for people who look.
  package struct Account: Sendable {
    /// What was last heard of the shared one, and milliseconds since; nil where nothing is.
    package var shared: (status: BreakerStatus, age: Int64)?
    package var own: BreakerState
  }

  package func account(now: Int64) -> Account {
    Account(shared: shared.map { ($0, max(0, now - heard)) }, own: own.state)
  }

  /// Whether the shared breaker is known to be in a later generation than this one.
  package func isOver(_ generation: Int64) -> Bool { shared.map { $0.generation > generation } ?? false }

  /// For a call that starts.
  package func stamp(_ counting: Counting = .all) -> Stamp {
    Stamp(shared: shared?.generation ?? 0, own: own.state.generation, counting: counting)
  }

  private func standing(_ now: Int64) -> BreakerView.Standing {
    let sharedLeft = sharedOpenLeft(now)
    let ownLeft = own.state.phase == .open ? own.state.left(now) : 0
    let left = max(sharedLeft, ownLeft)
    if left > 0 { return .open(until: now + left) }
    if let shared, shared.phase != .closed { return .half(.shared) }
    return own.state.phase == .closed ? .closed : .half(.own)
  }

  /// Where all permits are given, what remains is to wait: it changes by a message, or at the next look.
  private func sharedOpenLeft(_ now: Int64) -> Int64 {
    guard let shared, shared.phase != .closed else { return 0 }
    if shared.phase == .half, shared.issued < settings.probes { return 0 }
    return max(0, shared.left - (now - heard))
  }

  private func sharedCool(_ now: Int64) -> Int64? { shared?.cool.map { $0 - (now - heard) } }

  private func share(_ now: Int64) -> Double {
    var age = joined.map { now - $0 } ?? .max
    if let shared, shared.phase == .closed, shared.reason == .recovered {
      age = min(age, shared.age + now - heard)
    }
    if own.state.phase == .closed, own.state.reason == .recovered { age = min(age, now - own.state.since) }
    return slowStart.share(after: age)
  }

  // MARK: How calls end

  package mutating func record(_ outcome: Outcome, _ stamp: Stamp, now: Int64) -> Haste {
    if case .cooldown(let time) = outcome {
      connectFailures = 0
      cool(for: time, now)
      pending.cooldown = max(pending.cooldown, time)
      return .now
    }
    connectFailures = outcome == .transportFailed(isConnect: true) ? connectFailures + 1 : 0
    guard stamp.counting != .none else { return .none }
    var opening: BreakerState.Reason?
    if connectFailures >= BreakerSettings.connectFailuresInARow { (opening, connectFailures) = (.connect, 0) }
    if stamp.counting == .all, stamp.own == own.state.generation { countOwn(outcome, opening, now) }
    guard stamp.shared == (shared?.generation ?? 0) else { return .none }
    pending.counts.add(outcome)
    pending.opening = pending.opening ?? opening
    return haste(isFailure: outcome.isFailure, isUrgent: opening != nil, now)
  }

  /// Successes only wait to be counted: they open nothing, and are on the path of every call.
  ///
  /// While others are heard of, what one caller's answers are like is for the shared breaker to judge: those who do well may call
  /// elsewhere.
  private mutating func countOwn(_ outcome: Outcome, _ opening: BreakerState.Reason?, _ now: Int64) {
    if freshGeneration != own.state.generation {
      (fresh, freshGeneration) = (BreakerCounts(), own.state.generation)
    }
    guard let outcome = isConnected ? outcome.ofTransport : outcome else { return }
    fresh.add(outcome)
    if outcome.isFailure { settleOwn(opening, now) }
  }

  private mutating func settleOwn(_ opening: BreakerState.Reason?, _ now: Int64) {
    guard !fresh.isEmpty else { return }
    report(
      BreakerReport(
        reporter: "own", sequence: sequence, generation: freshGeneration, counts: fresh, opening: opening),
      now)
    fresh = BreakerCounts()
  }

  private mutating func cool(for time: Int64, _ now: Int64) {
    report(BreakerReport(reporter: "own", sequence: sequence, generation: 0, cooldown: time), now)
  }

  private mutating func report(_ report: BreakerReport, _ now: Int64) {
    sequence += 1
    _ = own.report(report, ownSettings, jitter: 0, now: now)
  }

  /// It fails far more often than the rest of its pool, over all replicas: to be said with the next report.
  package mutating func openAsOutlier() { pending.opening = pending.opening ?? .outlier }

  private mutating func haste(isFailure: Bool, isUrgent: Bool, _ now: Int64) -> Haste {
    guard isFailure else { return .soon }
    let wasQuiet = lastFailure.map { now - $0 >= Self.quiet } ?? true
    lastFailure = now
    return isUrgent || wasQuiet ? .now : .soon
  }

  /// What to send, if there is anything. To be asked every tenth of a second.
  package mutating func takeReport(now: Int64) -> BreakerReport? {
    settleOwn(nil, now)
    guard !pending.counts.isEmpty || pending.cooldown > 0 || pending.opening != nil else { return nil }
    var report = pending
    pending = BreakerReport(
      reporter: report.reporter, sequence: report.sequence + 1, generation: shared?.generation ?? 0)
    report.generation = shared?.generation ?? 0
    return report
  }

  // MARK: Probes of its own

  package mutating func permit(_ id: String, now: Int64) -> Bool {
    own.permit(id, ownSettings, jitter: 0, now: now).answer == .probe
  }

  package mutating func probed(_ id: String, _ stamp: Stamp, _ outcome: BreakerProbe.Outcome, now: Int64) {
    let probe = BreakerProbe(id: id, generation: stamp.own, outcome: outcome)
    _ = own.probe(probe, ownSettings, jitter: 0, now: now)
  }

  // MARK: What is heard of the shared one

  /// A message, or a reply to what was `asked` then. A lower generation is one that a later one has overtaken, unless it was asked
  /// for after the later one was heard: then Redis has forgotten that (ruling 1).
  package mutating func hear(_ status: BreakerStatus, asked: Int64?, now: Int64) {
    if let shared, status.generation < shared.generation {
      guard let asked, asked > heard else { return }
    }
    let isNew = status.generation != (shared?.generation ?? 0)
    // After an outage the shared state wins; and what its probes have shown need not be shown again. Nor does what was counted before
    // them count any more: failures of the last outage would open the replica's own breaker before the shared one at the next.
    let hasRecovered = isNew && status.phase == .closed && status.reason == .recovered
    if !isConnected { closeOwn(now) }
    if hasRecovered { own.begin(.closed, .restored, for: 0, now: now) }
    (isConnected, isAcquainted) = (true, true)
    (shared, heard) = (status, now)
    if isNew { (pending.counts, pending.opening) = (BreakerCounts(), nil) }
  }

  /// Redis is away: what it kept open stays so, `base` at the longest, and is then probed by this replica alone. What was half-open is
  /// probed so from now on: nobody hears how the others' probes end.
  package mutating func lose(now: Int64) {
    (isConnected, isAcquainted) = (false, true)
    if let shared, shared.phase != .closed, own.state.phase == .closed {
      let left = shared.phase == .half ? 0 : min(settings.base, sharedOpenLeft(now))
      if left > 0 {
        own.begin(.open, shared.reason, for: left, now: now)
      } else {
        own.begin(.half, .due, for: settings.probeTime, now: now)
      }
    }
    if let cool = sharedCool(now), cool > own.state.coolLeft(now) {
      self.cool(for: cool, now)
    }
    shared = nil
  }

  private mutating func closeOwn(_ now: Int64) {
    if own.state.phase != .closed { own.begin(.closed, .restored, for: 0, now: now) }
  }
}

extension LocalBreaker.Outcome {
  fileprivate var isFailure: Bool {
    switch self {
    case .answerFailed, .transportFailed: true
    case .ok, .healthy, .cooldown: false
    }
  }

  /// What is left of it where answers are for others to judge.
  fileprivate var ofTransport: Self? {
    switch self {
    case .ok(let cell, _): .ok(cell: cell, isSlow: false)
    case .answerFailed: nil
    case .transportFailed, .healthy, .cooldown: self
    }
  }
}

extension BreakerCounts {
  fileprivate mutating func add(_ outcome: LocalBreaker.Outcome) {
    switch outcome {
    case .ok(let cell, let isSlow):
      cells[cell].ok += 1
      if isSlow { cells[cell].slow += 1 }
    case .answerFailed(let cell): cells[cell].fail += 1
    case .transportFailed: fail += 1
    case .healthy: ok += 1
    case .cooldown: break
    }
  }
}
