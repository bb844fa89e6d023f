/// Why a rule or directive is refused, for the person who wrote it.
struct RuleError: Error, Equatable {
  var reason: String
}

/// Builds a rule from `name=value` pairs, in any order.
///
/// Names of a match: model, path, port, stream, contains, probability, first, skip, every, id. Names of an answer:
/// tokens, text, refusal, tool, calls, thinking, cached, ttft, per_token. Names of a fault, one a rule: status with
/// retry_after, retry_after_ms, body; reset, close or stall = before_first_byte | mid_stream with after_chunks or
/// after; drip; slow_body; error_event; malformed_json; malformed_sse; garbage; empty; oversized_header; redirect;
/// refuse with for.
struct RuleParser {
  private var rule = Rule()
  private var after: Int?
  private var retryAfter: Fault.RetryAfter?
  private var body: String?

  static func rule(from pairs: [(name: String, value: String)]) throws(RuleError) -> Rule {
    var parser = RuleParser()
    // The name of a fault may come before the details that it needs.
    for pair in pairs { try parser.takeDetail(pair.name, pair.value) }
    for pair in pairs { try parser.takeFault(pair.name, pair.value) }
    return try parser.finished()
  }

  private mutating func takeDetail(_ name: String, _ value: String) throws(RuleError) {
    switch name {
    case "model": rule.match.model = value
    case "path": rule.match.path = value
    case "port": rule.match.port = try Self.whole(name, value)
    case "stream": rule.match.isStream = try Self.flag(name, value)
    case "contains": rule.match.contains = value
    case "probability":
      guard let chance = Double(value), (0...1).contains(chance) else {
        throw RuleError(reason: "probability must be from 0 to 1")
      }
      rule.match.probability = chance
    case "first": rule.match.first = try Self.whole(name, value)
    case "skip": rule.match.skip = try Self.whole(name, value)
    case "every": rule.match.every = max(1, try Self.whole(name, value))
    case "id": rule.match.id = value
    case "tokens": rule.behaviour.tokens = try Self.whole(name, value)
    case "text": rule.behaviour.text = value
    case "refusal": rule.behaviour.refusal = value
    case "tool": rule.behaviour.tool = value
    case "calls": rule.behaviour.calls = try Self.whole(name, value)
    case "thinking": rule.behaviour.thinking = try Self.whole(name, value)
    case "cached": rule.behaviour.cached = try Self.whole(name, value)
    case "ttft": rule.behaviour.ttft = try Self.distribution(name, value)
    case "per_token": rule.behaviour.perToken = try Self.distribution(name, value)
    case "after", "after_chunks": after = try Self.whole(name, value)
    case "retry_after": retryAfter = try Self.retryAfter(value)
    case "retry_after_ms": retryAfter = .milliseconds(try Self.whole(name, value))
    case "body": body = value
    case "for": rule.refusesFor = try Self.time(name, value)
    default: break
    }
  }

  private mutating func takeFault(_ name: String, _ value: String) throws(RuleError) {
    switch name {
    case "status":
      let code = try Self.whole(name, value)
      guard (200...599).contains(code) else { throw RuleError(reason: "status must be from 200 to 599") }
      try set(.status(code, retryAfter: retryAfter, body: body))
    case "reset": try set(.reset(place(name, value)))
    case "close": try set(.close(place(name, value)))
    case "stall": try set(.stall(place(name, value)))
    case "drip": try set(.drip(Self.time(name, value)))
    case "slow_body": try set(.slowBody(Self.time(name, value)))
    case "oversized_header": try set(.oversizedHeader(min(Self.whole(name, value), 64 << 20)))
    case "redirect": try set(.redirect(value))
    case "error_event", "malformed_json", "malformed_sse", "garbage", "empty", "refuse":
      if try Self.flag(name, value) { try takeSwitch(name) }
    default:
      guard Self.details.contains(name) else { throw RuleError(reason: "unknown name '\(name)'") }
    }
  }

  private mutating func takeSwitch(_ name: String) throws(RuleError) {
    switch name {
    case "error_event": try set(.errorEvent(afterChunks: after ?? 1))
    case "malformed_json": try set(.malformedJSON)
    case "malformed_sse": try set(.malformedSSE)
    case "garbage": try set(.garbage)
    case "empty": try set(.empty)
    default: rule.refuses = true
    }
  }

  private mutating func set(_ fault: Fault) throws(RuleError) {
    guard rule.behaviour.fault == nil else { throw RuleError(reason: "one rule holds one fault") }
    rule.behaviour.fault = fault
  }

  private func place(_ name: String, _ value: String) throws(RuleError) -> Fault.Place {
    switch value {
    case "before_first_byte": return .beforeFirstByte
    case "mid_stream": return .midStream(afterChunks: after ?? 1)
    default: throw RuleError(reason: "\(name) must be before_first_byte or mid_stream, not '\(value)'")
    }
  }

  private func finished() throws(RuleError) -> Rule {
    guard rule.refuses else { return rule }
    guard rule.match.isEmpty, rule.behaviour == Behaviour() else {
      throw RuleError(reason: "refuse closes a whole port: it goes with port and for alone")
    }
    return rule
  }
}

extension RuleParser {
  private static let details: Set<String> = [
    "model", "path", "port", "stream", "contains", "probability", "first", "skip", "every", "id", "tokens",
    "text", "refusal", "tool", "calls", "thinking", "cached", "ttft", "per_token", "after", "after_chunks",
    "retry_after", "retry_after_ms", "body", "for",
  ]

  private static func whole(_ name: String, _ value: String) throws(RuleError) -> Int {
    guard let number = Int(value), (0...1_000_000_000).contains(number) else {
      throw RuleError(reason: "\(name) must be a whole number, not '\(value)'")
    }
    return number
  }

  private static func flag(_ name: String, _ value: String) throws(RuleError) -> Bool {
    switch value {
    case "true", "1", "": return true
    case "false", "0": return false
    default: throw RuleError(reason: "\(name) must be true or false, not '\(value)'")
    }
  }

  private static func time(_ name: String, _ value: String) throws(RuleError) -> Int64 {
    guard let time = nanoseconds(value) else {
      throw RuleError(reason: "\(name) must be a time such as 50ms, not '\(value)'")
    }
    return time
  }

  private static func distribution(_ name: String, _ value: String) throws(RuleError) -> Distribution {
    guard let distribution = Distribution(value) else {
      throw RuleError(
        reason: "\(name) must be a distribution such as 20ms or uniform:10ms..30ms, not '\(value)'")
    }
    return distribution
  }

  /// `3` or `1.5` seconds, `http-date` (three seconds ahead) or `http-date+N`.
  private static func retryAfter(_ value: String) throws(RuleError) -> Fault.RetryAfter {
    if value == "http-date" { return .date(seconds: 3) }
    if value.hasPrefix("http-date+"), let seconds = Int(value.dropFirst("http-date+".count)) {
      return .date(seconds: seconds)
    }
    guard !value.isEmpty, value.utf8.allSatisfy({ $0 >= 0x20 && $0 < 0x7F }) else {
      throw RuleError(reason: "retry_after must be seconds or http-date")
    }
    return .seconds(value)
  }
}
