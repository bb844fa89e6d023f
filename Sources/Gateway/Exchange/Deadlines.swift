import Policy
import Telemetry

/// An exchange that had too little time left for any endpoint, in milliseconds.
struct ShortTime: Equatable {
  var left: Int64
  /// What the quickest of those that were left out would need.
  var needed: Int64

  /// No attempt is started with less.
  static let least: Int64 = 50

  /// Whether an attempt has too little time where about half of the answers take `usual` milliseconds; nil where that isn't known.
  init?(left: Int64, usual: Double?) {
    let needed = max(Self.least, Int64(usual ?? 0))
    guard left < needed else { return nil }
    (self.left, self.needed) = (left, needed)
  }

  /// Of two endpoints, the quicker one's.
  func orQuicker(than other: ShortTime?) -> ShortTime {
    ShortTime(left: left, needed: min(needed, other?.needed ?? needed))
  }

  private init(left: Int64, needed: Int64) { (self.left, self.needed) = (left, needed) }
}

extension Worker {
  /// Whether an attempt may answer in time, after its pause; where not, the exchange remembers why (algorithms §7).
  func hasTime(for step: AttemptPlan.Step, _ exchange: Exchange) -> Bool {
    guard let short = shortTime(for: step, exchange) else { return true }
    exchange.shortTime = short.orQuicker(than: exchange.shortTime)
    return false
  }

  func shortTime(for step: AttemptPlan.Step, _ exchange: Exchange) -> ShortTime? {
    let now = SystemClock.monotonicNanoseconds()
    let left = exchange.timeLeft(now: now + step.backoff)
    let pace = exchange.snapshot.pace(
      .init(deployment: step.candidate.deployment, endpoint: step.endpoint))
    let usual = pace.usual(isStream: exchange.facts?.stream ?? false, at: now / 1_000_000)
    return ShortTime(left: left, usual: usual)
  }
}

extension RequestHead {
  /// Whoever sent this tries again by himself, or wants nobody to: one layer does (algorithms §7).
  var wantsOneAttempt: Bool { attemptNumber > 1 || refusesRetries }

  /// Which attempt of another router's this is.
  var attemptNumber: Int { string(.xSwitchyardAttempt).flatMap(Int.init) ?? 1 }

  var refusesRetries: Bool {
    withFirst(.xShouldRetry) { ByteRun($0).equalsIgnoringCase("false") } ?? false
  }

  /// What says the same to whom the request is passed on.
  func addAttemptMarks(_ own: Int, to lines: inout [String]) {
    let number = max(own, attemptNumber)
    if number > 1 { lines.append("x-switchyard-attempt: \(number)") }
    if refusesRetries { lines.append("x-should-retry: false") }
  }
}
