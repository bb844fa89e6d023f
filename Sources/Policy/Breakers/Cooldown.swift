/// How long an endpoint asks to be left alone, in milliseconds (algorithms §2.3).
package struct Cooldown: Equatable, Sendable {
  /// What an answer's head says of it; nil where a field is missing.
  package struct Fields: Equatable, Sendable {
    package var retryAfter: String?
    package var retryAfterMilliseconds: String?
    /// The answer's own: an HTTP-date counts from it, so that two clocks needn't agree.
    package var date: String?
    /// What is left, and when there will be all again, of `x-ratelimit-remaining-*` and `x-ratelimit-reset-*`.
    package var limits: [(remaining: String?, reset: String)] = []

    package init() {}

    package static func == (a: Fields, b: Fields) -> Bool {
      a.retryAfter == b.retryAfter && a.retryAfterMilliseconds == b.retryAfterMilliseconds && a.date == b.date
        && a.limits.elementsEqual(b.limits) { $0 == $1 }
    }
  }

  package static let range: ClosedRange<Int64> = 500...300_000
  package static let first: Int64 = 1_000
  package static let longestGuess: Int64 = 60_000

  /// Cooldowns in a row without a word of how long.
  private var guesses = 0
  /// The end of the last one: what is answered until then started before it.
  private var until = Int64.min / 2

  package init() {}

  /// Whether the answer asks for it: 429 always, 503 and 529 where they say how long. Nil: it doesn't. `jitter` is in thousandths,
  /// 0 to 100; `wallClock` is milliseconds since 1970, for a date without the answer's own, `now` those of the replica's clock.
  package mutating func length(
    status: Int, _ fields: Fields, jitter: Int64, wallClock: Int64, now: Int64
  ) -> Int64? {
    let length = unended(status, fields, jitter, wallClock, now)
    if let length { until = max(until, now + length) }
    return length
  }

  private mutating func unended(
    _ status: Int, _ fields: Fields, _ jitter: Int64, _ wallClock: Int64, _ now: Int64
  ) -> Int64? {
    guard status == 429 || status == 503 || status == 529 else { return nil }
    if let asked = Self.asked(fields, isLimited: status == 429, wallClock) {
      guesses = 0
      return Self.jittered(min(max(asked, Self.range.lowerBound), Self.range.upperBound), jitter)
    }
    guard status == 429 else { return nil }
    if now >= until { guesses += 1 }
    return Self.jittered(min(Self.longestGuess, Self.first << Int64(min(max(0, guesses - 1), 10))), jitter)
  }

  /// Whether the head says how long.
  package static func isAsked(_ fields: Fields, isLimited: Bool, wallClock: Int64) -> Bool {
    asked(fields, isLimited: isLimited, wallClock) != nil
  }

  /// The endpoint answers again.
  package mutating func succeeded() { guesses = 0 }

  private static func jittered(_ time: Int64, _ jitter: Int64) -> Int64 { time * (1_000 + jitter) / 1_000 }

  /// As it is asked for, uncut.
  private static func asked(_ fields: Fields, isLimited: Bool, _ wallClock: Int64) -> Int64? {
    if let time = fields.retryAfterMilliseconds.flatMap(decimal) { return time / 1_000 }
    if let text = fields.retryAfter {
      if let time = decimal(text) { return time }
      if let date = HTTPDate.milliseconds(text) {
        return date - (fields.date.flatMap(HTTPDate.milliseconds) ?? wallClock)
      }
    }
    // Only of a limit do these say when to come again.
    return isLimited ? reset(fields.limits) : nil
  }

  /// Of the limits that are used up the one that lasts longest; where none says that it is, the shortest.
  private static func reset(_ limits: [(remaining: String?, reset: String)]) -> Int64? {
    let spent = limits.filter { $0.remaining == "0" }.compactMap { duration($0.reset) }
    return spent.max() ?? limits.compactMap { duration($0.reset) }.min()
  }

  /// Thousandths of a decimal number, cut at a day; nil where it is none.
  private static func decimal(_ text: String) -> Int64? {
    let parts = text.split(separator: ".", omittingEmptySubsequences: false)
    guard parts.count <= 2, let whole = parts.first, let number = digits(whole) else { return nil }
    guard parts.count == 2 else { return number * 1_000 }
    guard digits(parts[1]) != nil else { return nil }
    return number * 1_000 + (digits((parts[1] + "000").prefix(3)) ?? 0)
  }

  private static func digits(_ text: some StringProtocol) -> Int64? {
    guard !text.isEmpty, text.utf8.allSatisfy({ UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 }) else {
      return nil
    }
    return min(Int64(text) ?? .max, 86_400_000)
  }

  /// Milliseconds of `6m0s`, `1h2m3.5s`, `20ms`, and of plain seconds.
  static func duration(_ text: String) -> Int64? {
    if let seconds = decimal(text) { return seconds }
    var (rest, sum) = (text[...], Int64(0))
    while !rest.isEmpty {
      let number = rest.prefix { $0.isNumber || $0 == "." }
      let unit = rest.dropFirst(number.count).prefix { $0.isLetter }
      guard let amount = decimal(String(number)), let length = units[String(unit)] else { return nil }
      sum = min(sum + amount * length / 1_000, 86_400_000)
      rest = rest.dropFirst(number.count + unit.count)
    }
    return text.isEmpty ? nil : sum
  }

  private static let units: [String: Int64] = [
    "ms": 1, "s": 1_000, "m": 60_000, "h": 3_600_000, "d": 86_400_000,
  ]
}
