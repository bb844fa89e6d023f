import Policy

/// Invariant I1 for one bucket: over no window was more let through than capacity and refill. A bucket of that size is never
/// overdrawn exactly if that holds for every window, so one is kept beside.
///
/// What exchanges give back is known to those who decide only a while later, and fills the bucket no further than its capacity when
/// it is: until then it stands beside.
struct BucketAudit {
  private let rule: Bucket.Rule
  /// Units, as a bucket's.
  private let capacity: Int64
  private var level: Int64
  private var beside: Int64 = 0
  private var at: Int64 = 0

  /// `slack`: tokens beyond the capacity that may be let through.
  init(_ rule: Bucket.Rule, slack: Int64) {
    self.rule = rule
    capacity = (rule.tokens + slack) * rule.window
    level = capacity
  }

  /// Tokens that are missing; zero where none are.
  mutating func take(_ tokens: Int64, now: Int64) -> Int64 {
    refill(now)
    level -= tokens * rule.window
    return max(0, -level) / rule.window
  }

  /// Tokens that may be let through a second time, from some moment on until `endGift`.
  mutating func beginGift(_ tokens: Int64, now: Int64) {
    refill(now)
    level += tokens * rule.window
    beside += tokens * rule.window
  }

  mutating func endGift(_ tokens: Int64, now: Int64) {
    beside -= tokens * rule.window
    refill(now)
  }

  private mutating func refill(_ now: Int64) {
    level = min(capacity + beside, level + (now - at) * rule.tokens)
    at = now
  }
}
