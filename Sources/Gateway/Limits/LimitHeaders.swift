import Coordination
import Policy

/// What clients are told of their limits: by OpenAI's names or Anthropic's, and by the draft of the RateLimit fields.
struct LimitHeaders {
  /// Whose names the client reads.
  enum Names {
    case openAI
    case anthropic
  }

  /// One limit and what it has left.
  private struct Gauge {
    var capacity: Int64
    var left: Int64
    /// Milliseconds until it is whole again.
    var reset: Int64
  }

  private let names: Names
  /// Milliseconds since 1970.
  private let now: Int64
  private var requests: Gauge?
  private var tokens: Gauge?
  private var inputTokens: Gauge?
  private var outputTokens: Gauge?
  private var policies = ""
  private var limits = ""

  init(_ names: Names, now: Int64) { (self.names, self.now) = (names, now) }

  init(_ grant: Grant, _ names: Names, now: Int64) {
    self.init(names, now: now)
    grant.forEachLimit { add($0, left: $1) }
  }

  init(_ refusal: Refusal, _ names: Names, now: Int64) {
    self.init(names, now: now)
    if !refusal.isClosed { add(refusal.limit, left: refusal.left) }
  }

  /// Of those that count the same, the limit that is nearest to its end is told.
  mutating func add(_ limit: Limit, left: Int64) {
    guard let gauge = gauge(limit, left) else { return }
    switch limit.measure {
    case .requests: requests = Self.scarcer(requests, gauge)
    case .tokens: tokens = Self.scarcer(tokens, gauge)
    case .inputTokens: inputTokens = Self.scarcer(inputTokens, gauge)
    case .outputTokens: outputTokens = Self.scarcer(outputTokens, gauge)
    case .dollars, .concurrent: return  // the draft has no unit for them
    }
    let separator = policies.isEmpty ? "" : ", "
    policies += "\(separator)\"\(limit.label)\";q=\(gauge.capacity);w=\(limit.windowSeconds)"
    limits += "\(separator)\"\(limit.label)\";r=\(gauge.left);t=\((gauge.reset + 999) / 1_000)"
  }

  func write(to fields: inout HTTP1FieldWriter) {
    switch names {
    case .openAI: writeOpenAI(&fields)
    case .anthropic: writeAnthropic(&fields)
    }
    guard !policies.isEmpty else { return }
    fields.add("ratelimit-policy", policies)
    fields.add("ratelimit", limits)
  }

  /// Input and output alone have no names there.
  private func writeOpenAI(_ fields: inout HTTP1FieldWriter) {
    if let requests {
      fields.add("x-ratelimit-limit-requests", String(requests.capacity))
      fields.add("x-ratelimit-remaining-requests", String(requests.left))
      fields.add("x-ratelimit-reset-requests", Self.duration(requests.reset))
    }
    if let tokens {
      fields.add("x-ratelimit-limit-tokens", String(tokens.capacity))
      fields.add("x-ratelimit-remaining-tokens", String(tokens.left))
      fields.add("x-ratelimit-reset-tokens", Self.duration(tokens.reset))
    }
  }

  private func writeAnthropic(_ fields: inout HTTP1FieldWriter) {
    for (name, gauge) in [
      ("requests", requests), ("tokens", tokens), ("input-tokens", inputTokens),
      ("output-tokens", outputTokens),
    ] {
      guard let gauge else { continue }
      fields.add(named: "anthropic-ratelimit-\(name)-limit", String(gauge.capacity))
      fields.add(named: "anthropic-ratelimit-\(name)-remaining", String(gauge.left))
      let whole = KeyInstant(milliseconds: now + gauge.reset + 999)
      fields.add(named: "anthropic-ratelimit-\(name)-reset", whole.description)
    }
  }

  private static func scarcer(_ one: Gauge?, _ other: Gauge) -> Gauge {
    guard let one else { return other }
    return Double(other.left) / Double(other.capacity) < Double(one.left) / Double(one.capacity) ? other : one
  }

  /// Nil for slots: when they are free again nobody knows.
  private func gauge(_ limit: Limit, _ left: Int64) -> Gauge? {
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

extension LimitHeaders.Names {
  /// Anthropic's SDKs name the version of its API in each request.
  init(_ head: RequestHead) { self = head.count(.anthropicVersion) > 0 ? .anthropic : .openAI }
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
