import Coordination
import Policy

/// What clients are told of their limits: OpenAI's names, and the draft of the RateLimit fields.
struct LimitHeaders {
  /// One limit and what it has left.
  private struct Gauge {
    var capacity: Int64
    var left: Int64
    /// Milliseconds until it is whole again.
    var reset: Int64
  }

  private var requests: Gauge?
  private var tokens: Gauge?
  private var policies = ""
  private var limits = ""

  init() {}

  init(_ grant: Grant, now: Int64) {
    grant.forEachLimit { add($0, left: $1, now: now) }
  }

  init(_ refusal: Refusal, now: Int64) {
    if !refusal.isClosed { add(refusal.limit, left: refusal.left, now: now) }
  }

  /// Of those that count the same, the limit that is nearest to its end is told.
  mutating func add(_ limit: Limit, left: Int64, now: Int64) {
    guard let gauge = Self.gauge(limit, left, now) else { return }
    switch limit.measure {
    case .requests: requests = Self.scarcer(requests, gauge)
    case .tokens: tokens = Self.scarcer(tokens, gauge)
    case .inputTokens, .outputTokens: break
    case .dollars, .concurrent: return  // the draft has no unit for them
    }
    let separator = policies.isEmpty ? "" : ", "
    policies += "\(separator)\"\(limit.label)\";q=\(gauge.capacity);w=\(limit.windowSeconds)"
    limits += "\(separator)\"\(limit.label)\";r=\(gauge.left);t=\((gauge.reset + 999) / 1_000)"
  }

  func write(to fields: inout HTTP1FieldWriter) {
    if let requests { Self.write(requests, "requests", &fields) }
    if let tokens { Self.write(tokens, "tokens", &fields) }
    guard !policies.isEmpty else { return }
    fields.add("ratelimit-policy", policies)
    fields.add("ratelimit", limits)
  }

  private static func write(_ gauge: Gauge, _ what: String, _ fields: inout HTTP1FieldWriter) {
    if what == "requests" {
      fields.add("x-ratelimit-limit-requests", String(gauge.capacity))
      fields.add("x-ratelimit-remaining-requests", String(gauge.left))
      fields.add("x-ratelimit-reset-requests", duration(gauge.reset))
    } else {
      fields.add("x-ratelimit-limit-tokens", String(gauge.capacity))
      fields.add("x-ratelimit-remaining-tokens", String(gauge.left))
      fields.add("x-ratelimit-reset-tokens", duration(gauge.reset))
    }
  }

  private static func scarcer(_ one: Gauge?, _ other: Gauge) -> Gauge {
    guard let one else { return other }
    return Double(other.left) / Double(other.capacity) < Double(one.left) / Double(one.capacity) ? other : one
  }

  /// Nil for slots: when they are free again nobody knows.
  private static func gauge(_ limit: Limit, _ left: Int64, _ now: Int64) -> Gauge? {
    switch limit.shape {
    case .bucket(let rule):
      let missing = Double(max(0, rule.tokens - left)) * Double(rule.window) / Double(rule.tokens)
      return Gauge(capacity: rule.tokens, left: left, reset: Int64(missing))
    case .budget(let capacity, let window, let zone):
      return Gauge(capacity: capacity, left: left, reset: max(0, window.containing(now, in: zone).ends - now))
    case .slots: return nil
    }
  }

  /// OpenAI's form: `120ms`, `6.5s`, `1m30s`, `2h0m5s`.
  static func duration(_ milliseconds: Int64) -> String {
    if milliseconds < 1_000 { return "\(milliseconds)ms" }
    let tenths = milliseconds / 100
    let (minutes, rest) = (tenths / 600, tenths % 600)
    let seconds = rest % 10 == 0 ? "\(rest / 10)s" : "\(rest / 10).\(rest % 10)s"
    if minutes == 0 { return seconds }
    return minutes < 60 ? "\(minutes)m\(seconds)" : "\(minutes / 60)h\(minutes % 60)m\(seconds)"
  }
}

extension Limit {
  fileprivate var windowSeconds: Int64 {
    switch shape {
    case .bucket(let rule): max(1, rule.window / 1_000)
    case .budget(_, .hour, _): 3_600
    case .budget(_, .day, _): 86_400
    case .budget(_, .week, _): 604_800
    case .budget(_, .month, _): 2_592_000
    case .slots: 0
    }
  }
}
