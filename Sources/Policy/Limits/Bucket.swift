/// A token bucket in whole units: no fractions, so no drift (algorithms §1.2; a prototype that rounded let more through than its limit).
///
/// One token of a limit over W milliseconds is W units, so a limit of R tokens refills exactly R units a millisecond. The level is
/// what may still be taken; below zero it is debt, which is repaid before the next admission.
package struct Bucket: Equatable, Sendable {
  /// A limit of a bucket, as it travels with each call: the stored level is cut to what the limit is now.
  package struct Rule: Hashable, Sendable {
    /// Tokens in a window: what a full bucket holds, and the units that it gains each millisecond.
    package let tokens: Int64
    /// Milliseconds, and the units of one token.
    package let window: Int64

    /// The largest product of tokens and window: with as much debt, sums stay exact in Lua's doubles.
    package static let maximumUnits: Int64 = 1 << 52

    /// Traps on a rule that `isValid` doesn't allow.
    package init(tokens: Int64, window: Int64) {
      precondition(Self.isValid(tokens: tokens, window: window), "a limit of \(tokens) in \(window) ms")
      self.tokens = tokens
      self.window = window
    }

    package static func isValid(tokens: Int64, window: Int64) -> Bool {
      guard tokens > 0, window > 0 else { return false }
      let (units, isTooLarge) = tokens.multipliedReportingOverflow(by: window)
      return !isTooLarge && units <= maximumUnits
    }

    package var capacity: Int64 { tokens * window }
  }

  /// Units; at least `-capacity`.
  package var level: Int64
  /// Redis' milliseconds, when `level` was right.
  package var at: Int64

  /// How far into the future a stored time may lie before it is taken for a clock that has gone back, in milliseconds.
  package static let tolerance: Int64 = 5_000

  package init(level: Int64, at: Int64) {
    self.level = level
    self.at = at
  }

  package static func full(_ rule: Rule, now: Int64) -> Bucket { Bucket(level: rule.capacity, at: now) }

  /// The bucket at `now`: refilled, and cut to the rule's capacity. A small step back of the clock refills nothing twice.
  package func refilled(_ rule: Rule, now: Int64) -> Bucket {
    let from = at > now + Self.tolerance ? now : at
    let level = max(-rule.capacity, min(self.level, rule.capacity))
    let elapsed = max(0, now - from)
    let missing = rule.capacity - level
    let isFull = elapsed >= Self.ceiling(missing, rule.tokens)
    return Bucket(level: isFull ? rule.capacity : level + elapsed * rule.tokens, at: max(from, now))
  }

  /// Takes tokens, whether they are there or not; a negative number gives tokens back, up to the capacity.
  package mutating func take(_ tokens: Int64, _ rule: Rule) {
    level = max(-rule.capacity, min(rule.capacity, level - tokens * rule.window))
  }

  /// Milliseconds until so many tokens are there: 0 when they are, nil when they never will be.
  package func wait(for tokens: Int64, _ rule: Rule) -> Int64? {
    let missing = tokens * rule.window - level
    if missing <= 0 { return 0 }
    return tokens > rule.tokens ? nil : Self.ceiling(missing, rule.tokens)
  }

  /// Milliseconds until the bucket is full.
  package func timeToFull(_ rule: Rule) -> Int64 { Self.ceiling(rule.capacity - level, rule.tokens) }

  /// Whole tokens that are there; none in debt.
  package func tokens(_ rule: Rule) -> Int64 { max(0, level) / rule.window }

  private static func ceiling(_ dividend: Int64, _ divisor: Int64) -> Int64 {
    dividend <= 0 ? 0 : (dividend - 1) / divisor + 1
  }
}
