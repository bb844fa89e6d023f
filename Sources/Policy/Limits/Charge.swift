/// What one exchange takes of one limit. The limit travels with each charge, so that changing a configuration migrates nothing.
package struct Charge: Hashable, Sendable {
  package enum Rule: Hashable, Sendable {
    /// Refills; for rates.
    case bucket(Bucket.Rule)
    /// A counter of one calendar window; for dollars, and for a day or more.
    case budget(Budget)
    /// So many at a time.
    case slots(Slots.Rule)
  }

  /// The whole key, tag and all: `sy:{t:acme}:rl:key:ci:tokens`.
  package let key: String
  package let rule: Rule
  /// Tokens, requests or micro-dollars, not negative; of slots always one.
  package let cost: Int64

  package init(key: String, rule: Rule, cost: Int64) {
    precondition(cost >= 0, "a charge of \(cost)")
    self.key = key
    self.rule = rule
    self.cost = cost
  }
}

/// A calendar window's budget. Its key carries the window's start, so windows never mix.
package struct Budget: Hashable, Sendable {
  package let capacity: Int64
  /// Redis' milliseconds since 1970: the window's first, and the first behind it.
  package let starts: Int64
  package let ends: Int64
  /// Milliseconds behind its end that a window is kept for those who reserved in it.
  package static let grace: Int64 = 3_600_000

  package init(capacity: Int64, starts: Int64, ends: Int64) {
    precondition(
      capacity > 0 && capacity <= Bucket.Rule.maximumUnits && starts < ends, "a budget of \(capacity)")
    self.capacity = capacity
    self.starts = starts
    self.ends = ends
  }

  package func contains(_ now: Int64) -> Bool { now >= starts && now < ends }
}

/// How many exchanges may run at a time, each holding a slot until it gives it back or stops renewing it (algorithms §1.4).
package struct Slots: Equatable, Sendable {
  package struct Rule: Hashable, Sendable {
    package let count: Int
    /// Milliseconds that a slot is held without being renewed.
    package let lifetime: Int64

    package init(count: Int, lifetime: Int64) {
      precondition(count > 0 && lifetime > 0, "\(count) slots for \(lifetime) ms")
      self.count = count
      self.lifetime = lifetime
    }
  }

  /// When each holder's slot ends, in Redis' milliseconds.
  package private(set) var holders: [String: Int64]

  package init(holders: [String: Int64] = [:]) { self.holders = holders }

  /// Without the slots that have ended. One that would last longer than any may was written before the clock went back: it is
  /// cut to a whole lifetime.
  package func current(_ rule: Rule, now: Int64) -> Slots {
    Slots(holders: running(at: now).holders.mapValues { min($0, now + rule.lifetime) })
  }

  /// Without the slots that have ended.
  package func running(at now: Int64) -> Slots { Slots(holders: holders.filter { $0.value > now }) }

  package mutating func take(_ id: String, _ rule: Rule, now: Int64) { holders[id] = now + rule.lifetime }
  package func without(_ id: String) -> Slots { Slots(holders: holders.filter { $0.key != id }) }
}
