import Coordination
import NIOConcurrencyHelpers
import Policy
import Telemetry

/// What a replica knows of an endpoint for one caller, in words.
struct EndpointWords {
  let state: Explanation.State
  /// Why it is left out; nil where it isn't.
  let reason: String?
  /// What a call needs besides, of a breaker that is being probed.
  let permit: String?

  init(
    _ candidate: PoolSurvey.Candidate, _ snapshot: Snapshot, _ caller: UInt64, _ live: Explainer.Live
  ) {
    let (place, endpoint) = (candidate.member.place, candidate.member.endpoint)
    let pool = snapshot.table.deployments[place.deployment].endpoints
    let (uses, views, pauses) = snapshot.standings(ofDeployment: place.deployment, for: caller, now: live.now)
    let at = BreakerSites.place(of: place.endpoint, in: pool) ?? 0
    let site = snapshot.breakers.pools[place.deployment][at]
    let account = site.account(now: live.now)
    let words = BreakerWords(
      views[at], account, snapshot.breakers.bars[place.endpoint], site.settings, live.now)
    let isChecked = endpoint.health.tally.withLockedValue { $0.isChecked }
    let isOut = uses[at] == .out
    var breaker = words.text
    if uses[at].isPanic, views[at].standing != .closed {
      breaker += "; used all the same, as too few are left (panic)"
    }
    if pauses[at] > 0 {
      breaker +=
        "; paused for this key, whose requests alone failed, for \(LimitHeaders.duration(pauses[at]))"
    }
    reason =
      !isOut
      ? nil
      : pauses[at] > 0 || endpoint.health.isHealthy || views[at].standing != .closed
        ? breaker : "fails its health checks"
    permit = if case .ask = uses[at] { words.text } else { nil }  // in a panic it goes without one
    let monotonic = SystemClock.monotonicNanoseconds() / 1_000_000
    let pace = candidate.member.pace
    let share: Double =
      switch uses[at] {
      case .open(let weight), .ask(_, let weight), .askFirst(_, let weight):
        weight / Double(max(1, pool[at].weight))
      case .out: 0
      }
    state = Explanation.State(
      breaker: breaker, isHealthy: isChecked ? endpoint.health.isHealthy : nil, own: endpoint.inFlight,
      others: live.seen.sight == .none ? nil : endpoint.others,
      firstToken: pace.firstToken.value(at: monotonic),
      whole: pace.whole.value(at: monotonic), slowness: candidate.option.slowness, share: share)
  }
}

extension PoolUse.Use {
  /// It is used whatever its breaker says.
  fileprivate var isPanic: Bool {
    switch self {
    case .open, .askFirst: true
    case .ask, .out: false
    }
  }
}

/// How one breaker stands.
struct BreakerWords {
  let text: String

  init(
    _ view: BreakerView, _ account: LocalBreaker.Account, _ bar: CredentialBar, _ settings: BreakerSettings,
    _ now: Int64
  ) {
    switch view.standing {
    case .barred:
      let left = bar.left(now: now) ?? 0
      text = "the provider refuses the router's credential; tried again in \(LimitHeaders.duration(left))"
    case .cooling(let until):
      text = "asked to be left alone, for \(LimitHeaders.duration(max(0, until - now)))"
    case .open(let until):
      let (reason, opens, whose) = Self.opening(account, settings, now)
      let again = opens > 1 ? ", \(opens) times in a row" : ""
      text = "open for \(LimitHeaders.duration(max(0, until - now))): \(reason)\(again), \(whose)"
    case .half(.shared):
      let status = account.shared?.status
      text =
        "half-open: a call needs one of \(settings.probes) permits"
        + (status.map { ", \($0.issued) given, \($0.succeeded) succeeded" } ?? "")
    case .half(.own):
      text = "half-open: a call needs a permit of this replica's, of \(settings.probes)"
    case .closed:
      text =
        view.share < 1
        ? "closed, at \(ExplainedNumbers.percent(view.share)) of its weight for a while" : "closed"
    }
  }

  /// Of the shared one and the replica's own the one that stays open longer.
  private static func opening(
    _ account: LocalBreaker.Account, _ settings: BreakerSettings, _ now: Int64
  ) -> (String, Int64, String) {
    let shared = account.shared.map { max(0, $0.status.phase == .closed ? 0 : $0.status.left - $0.age) } ?? 0
    let own = account.own.phase == .open ? account.own.left(now) : 0
    if let status = account.shared?.status, shared >= own {
      return (words(status.reason, settings), status.opens, "in the whole cluster")
    }
    return (words(account.own.reason, settings), account.own.opens, "at this replica")
  }

  /// How many they were isn't kept: what was counted is forgotten as it opens. So the rule is told.
  private static func words(_ reason: BreakerState.Reason, _ settings: BreakerSettings) -> String {
    let calls = "of at least \(settings.minRequests) in \(LimitHeaders.duration(settings.window))"
    return switch reason {
    case .new, .due: "its time is not over"
    case .rate: "too many calls failed (it opens at \(settings.failureRate) % \(calls))"
    case .slow: "too many calls were slow (it opens at \(settings.slowRate) % \(calls))"
    case .connect:
      "it could not be connected to (\(BreakerSettings.connectFailuresInARow) times in a row at one replica)"
    case .outlier: "it fails far more often than the rest"
    case .probeFailed: "a probe failed"
    case .probeLost: "nothing was heard of a probe"
    case .recovered: "it has recovered"
    case .restored: "it was open before"
    }
  }
}
