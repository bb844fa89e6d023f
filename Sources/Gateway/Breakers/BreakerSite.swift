import Coordination
import NIOConcurrencyHelpers
import Policy
import Synchronization

/// The breaker of one endpoint for one deployment, as all workers of the replica share it.
///
/// Lives across reloads as its endpoint does. Each event holds a lock for a fraction of a microsecond; whether there is anything to ask
/// is an atomic word (`Trouble`). Times are milliseconds of `StateClock.monotonicMilliseconds`.
final class BreakerSite: Sendable {
  /// What makes two sites the same.
  struct Identity: Hashable, Sendable {
    var endpoint: ObjectIdentifier
    var deployment: String
  }

  /// From when on answers are slow, in nanoseconds.
  struct Slowness: Equatable, Sendable {
    var stream: Int64?
    var plain: Int64?
  }

  private struct State {
    var breaker: LocalBreaker
    var pauses: CallerPauses
    var cooldown = Cooldown()
    var blame = ProbeBlame()
    var phase = BreakerPhase.closed
    var isPlain = true
    /// Something was recorded that others should know within a tenth of a second.
    var isPressing = false
    var isReporting = false
    /// A report whose reply was lost, and how often.
    var unsent: (report: BreakerReport, tries: Int)?
    var reportedAt = Int64.min / 2
    var readAt = Int64.min / 2
    var isTold = true
    var lastNews = BreakerPhase.closed
    /// When it was last told that it cools down.
    var cooledAt = Int64.min / 2
    var tally = BreakerTally()
  }

  let endpoint: Endpoint
  let deployment: String
  let keys: BreakerKeys
  let settings: BreakerSettings
  let slowness: Slowness
  private let trouble: Trouble
  private let state: NIOLockedValueBox<State>

  /// Milliseconds between reports of nothing but successes: they only keep the others' sums right.
  private static let calm: Int64 = 1_000
  private static let mostTries = 3
  private static let serial = Synchronization.Atomic<UInt64>(0)
  private static let process = String(UInt64.random(in: 0...UInt64.max), radix: 36)

  /// `joined` is when the endpoint was added to a pool that was in use; `former` is the same site with other settings.
  init(
    _ endpoint: Endpoint, _ deployment: String, prefix: String, _ settings: BreakerSettings,
    _ slowness: Slowness,
    _ trouble: Trouble, joined: Int64?, former: BreakerSite?, now: Int64
  ) {
    self.endpoint = endpoint
    self.deployment = deployment
    self.settings = settings
    self.slowness = slowness
    self.trouble = trouble
    keys = BreakerKeys(endpoint: endpoint.sharedName, deployment: deployment, prefix: prefix)
    // Of this start of this process, and of this site: another one's numbers begin anew.
    let reporter = "\(Self.process)-\(Self.serial.wrappingAdd(1, ordering: .relaxed).newValue)"
    state = NIOLockedValueBox(
      State(
        breaker: LocalBreaker(settings, reporter: reporter, joined: joined),
        pauses: CallerPauses(window: settings.window)))
    if let known = former?.state.withLockedValue({ $0 }) {
      state.withLockedValue {
        $0.breaker.goOn(from: known.breaker)
        ($0.cooldown, $0.phase, $0.isTold) = (known.cooldown, known.phase, known.isTold)
        ($0.lastNews, $0.cooledAt) = (known.lastNews, known.cooledAt)
      }
    }
    look(now: now)
  }

  deinit { if !state.withLockedValue({ $0.isPlain }) { trouble.end() } }

  var identity: Identity { Identity(endpoint: ObjectIdentifier(endpoint), deployment: deployment) }

  // MARK: What routing asks

  /// As of now, whoever asks; `pause` says what a caller is left out for beside.
  func view(now: Int64) -> BreakerView { state.withLockedValue { $0.breaker.view(now: now) } }

  /// Milliseconds for which the caller is left out here.
  func pause(of caller: UInt64, now: Int64) -> Int64 {
    state.withLockedValue { $0.pauses.pauseLeft(caller, now: now) }
  }

  /// Of a call whose permit is the shared breaker's.
  func probeStamp() -> LocalBreaker.Stamp { state.withLockedValue { $0.breaker.stamp(.none) } }

  /// `isCounted` is false where panic lets the call through.
  func stamp(isCounted: Bool = true) -> LocalBreaker.Stamp {
    state.withLockedValue {
      if !isCounted { $0.tally.panic += 1 }
      return $0.breaker.stamp(isCounted ? .all : .none)
    }
  }

  /// A permit of the replica's own breaker; nil where there is none.
  func ownPermit(_ id: String, now: Int64) -> LocalBreaker.Stamp? {
    update(now) { state in
      guard state.breaker.permit(id, now: now) else { return nil }
      return state.breaker.stamp(.shared)
    }
  }

  /// Whether a probe of that generation may still start: news may have overtaken its permit.
  func mayProbe(_ generation: Int64, now: Int64) -> Bool {
    state.withLockedValue { state in
      if case .cooling = state.breaker.view(now: now).standing { return false }
      return !state.breaker.isOver(generation)
    }
  }

  // MARK: How calls end

  func succeeded(_ stamp: LocalBreaker.Stamp, caller: UInt64, isSlow: Bool, now: Int64) {
    let outcome = LocalBreaker.Outcome.ok(cell: BreakerCounts.cell(ofHash: caller), isSlow: isSlow)
    state.withLockedValue { state in
      // It opens nothing before the next report.
      _ = state.breaker.record(outcome, stamp, now: now)
      state.pauses.succeeded(caller, isSlow: isSlow, now: now)
      state.cooldown.succeeded()
    }
  }

  /// True where it should be reported at once.
  func failed(_ stamp: LocalBreaker.Stamp, _ outcome: LocalBreaker.Outcome, caller: UInt64, now: Int64)
    -> Bool
  {
    update(now) { state in
      if case .answerFailed = outcome { state.pauses.failed(caller, now: now) }
      state.isPressing = true
      return state.breaker.record(outcome, stamp, now: now) == .now
    }
  }

  /// How long the endpoint is left alone from now on; nil where it doesn't ask for it.
  func coolDown(
    _ stamp: LocalBreaker.Stamp, status: Int, _ fields: Cooldown.Fields, jitter: Int64, wallClock: Int64,
    now: Int64
  ) -> Int64? {
    update(now) { state in
      guard
        let length = state.cooldown.length(
          status: status, fields, jitter: jitter, wallClock: wallClock, now: now)
      else { return nil }
      state.isPressing = true
      _ = state.breaker.record(.cooldown(length), stamp, now: now)
      return length
    }
  }

  /// To be reported soon, and so opened.
  func openAsOutlier(now: Int64) {
    update(now) { state in
      state.breaker.openAsOutlier()
      state.isPressing = true
    }
  }

  func probed(_ id: String, _ stamp: LocalBreaker.Stamp, _ outcome: BreakerProbe.Outcome, now: Int64) {
    update(now) { $0.breaker.probed(id, stamp, outcome, now: now) }
  }

  /// What a probe that was answered, and badly or late, has come to: a caller that fails alone gives its permit back, and is left out here
  /// for a while.
  func blame(_ keeper: BreakerView.Keeper, _ generation: Int64, caller: UInt64, now: Int64)
    -> BreakerProbe.Outcome
  {
    update(now) { state in
      if state.blame.isEndpoints(keeper, generation, caller: caller) { return .fail }
      state.pauses.probeFailed(caller, for: settings.base, now: now)
      return .ignore
    }
  }

  func count(_ outcome: BreakerProbe.Outcome) { state.withLockedValue { $0.tally.add(outcome) } }

  // MARK: What is shared

  /// What to report, if there is anything, it is time, and the last one was answered. `isShared`: there is somebody to tell.
  func takeReport(now: Int64, isShared: Bool) -> BreakerReport? {
    update(now) { state in
      guard !state.isReporting else { return nil }
      guard state.isPressing || state.unsent != nil || now - state.reportedAt >= Self.calm else { return nil }
      if isShared, let unsent = state.unsent {
        state.isReporting = true
        return unsent.report
      }
      state.isPressing = false
      state.unsent = nil
      guard let report = state.breaker.takeReport(now: now), isShared else { return nil }
      state.reportedAt = now
      state.isReporting = true
      return report
    }
  }

  /// The reply to a report; true where there is more to tell at once.
  func reported(_ report: BreakerReport, _ status: BreakerStatus?, asked: Int64, now: Int64) -> Bool {
    update(now) { state in
      state.isReporting = false
      guard let status else {
        let tries = (state.unsent?.tries ?? 0) + 1
        state.unsent = tries < Self.mostTries ? (report, tries) : nil
        return false
      }
      state.unsent = nil
      state.breaker.hear(status, asked: asked, now: now)
      return state.isPressing
    }
  }

  func hear(_ status: BreakerStatus, asked: Int64?, now: Int64) {
    update(now) { $0.breaker.hear(status, asked: asked, now: now) }
  }

  func lose(now: Int64) { update(now) { $0.breaker.lose(now: now) } }

  /// Whether anything is known of the shared state.
  var isAcquainted: Bool { state.withLockedValue { $0.breaker.isAcquainted } }

  /// Whether it is time to ask for the shared state again, in `period` milliseconds the next time.
  func isReadDue(now: Int64, period: Int64) -> Bool {
    state.withLockedValue { state in
      guard now >= state.readAt else { return false }
      state.readAt = now + period
      return true
    }
  }

  func readSoon() { state.withLockedValue { $0.readAt = .min / 2 } }

  // MARK: What people see

  func account(now: Int64) -> LocalBreaker.Account { state.withLockedValue { $0.breaker.account(now: now) } }

  /// Time may have changed how it stands.
  func look(now: Int64) { update(now) { _ in } }

  /// Milliseconds for which it is no news that an endpoint asked for a pause once more: some do so every second.
  private static let newsAfter: Int64 = 30_000

  /// The phase, if nobody has told of it yet. That it is probed, and opens once more for it, is no news.
  func takeChange(now: Int64) -> (phase: BreakerPhase, isNews: Bool)? {
    state.withLockedValue { state in
      guard !state.isTold else { return nil }
      state.isTold = true
      var isNews = state.phase != .half && state.phase != state.lastNews
      if isNews, state.phase == .cooling {
        isNews = now - state.cooledAt >= Self.newsAfter
        if isNews { state.cooledAt = now }
      }
      if isNews { state.lastNews = state.phase }
      return (state.phase, isNews)
    }
  }

  func figures(now: Int64) -> (phase: BreakerPhase, tally: BreakerTally) {
    update(now) { ($0.phase, $0.tally) }
  }

  private func update<Value>(_ now: Int64, _ event: (inout State) -> Value) -> Value {
    state.withLockedValue { state in
      let value = event(&state)
      let view = state.breaker.view(now: now)
      if view.standing == .closed, state.phase != .closed { state.pauses.closed() }
      let isPlain = view == BreakerView(.closed) && !state.pauses.pausesAny(now: now)
      if isPlain != state.isPlain {
        state.isPlain = isPlain
        if isPlain { trouble.end() } else { trouble.begin() }
      }
      let phase = BreakerPhase(view.standing)
      if phase != state.phase {
        state.phase = phase
        state.isTold = false
        state.tally.transitions[phase, default: 0] += 1
      }
      return value
    }
  }
}

/// How a breaker stands, for people.
enum BreakerPhase: Int, Sendable, CaseIterable {
  case closed, half, open, cooling, barred

  init(_ standing: BreakerView.Standing) {
    self =
      switch standing {
      case .closed: .closed
      case .half: .half
      case .open: .open
      case .cooling: .cooling
      case .barred: .barred
      }
  }

  var name: String {
    switch self {
    case .closed: "closed"
    case .half: "half_open"
    case .open: "open"
    case .cooling: "cooling"
    case .barred: "credential_refused"
    }
  }
}

/// What a breaker has come to since it was made.
struct BreakerTally: Sendable {
  var transitions: [BreakerPhase: Int64] = [:]
  /// Probes that this replica made, by how they ended.
  var probes: [String: Int64] = [:]
  /// Calls that panic let through.
  var panic: Int64 = 0

  mutating func add(_ outcome: BreakerProbe.Outcome) {
    let name =
      switch outcome {
      case .ok: "ok"
      case .fail: "failed"
      case .cooldown: "cooldown"
      case .ignore: "given_back"
      }
    probes[name, default: 0] += 1
  }
}
