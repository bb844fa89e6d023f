/// What routing reads of one endpoint's breaker, as of one moment.
package struct BreakerView: Equatable, Sendable {
  /// From the best to the worst.
  package enum Standing: Equatable, Sendable {
    case closed
    /// A call needs a permit first, of Redis' breaker or of the replica's own.
    case half(Keeper)
    /// Milliseconds of the replica's clock.
    case open(until: Int64)
    /// The endpoint asked to be left alone.
    case cooling(until: Int64)
    /// Its credential is refused.
    case barred
  }

  package enum Keeper: Sendable { case shared, own }

  package var standing: Standing
  /// A factor for its weight: less than one for a while after it closed, or after a cooldown.
  package var share: Double

  package init(_ standing: Standing, share: Double = 1) { (self.standing, self.share) = (standing, share) }
}

/// How an endpoint that comes back gets its traffic back (Envoy's slow start).
package struct SlowStart: Equatable, Sendable {
  /// Milliseconds.
  package var window: Int64
  /// One: in proportion to the time; more: faster at first.
  package var aggression: Double

  package static let least = 0.1
  package static let afterCooldown = 0.5

  package init(window: Int64 = 30_000, aggression: Double = 1) {
    precondition(window > 0 && aggression > 0, "a slow start of \(window) ms, \(aggression)")
    (self.window, self.aggression) = (window, aggression)
  }

  /// max(0.1, (t ⁄ window)^(1 ⁄ aggression)), t milliseconds after it closed or joined.
  package func share(after time: Int64) -> Double {
    if time >= window { return 1 }
    if time <= 0 { return Self.least }
    let part = Double(time) / Double(window)
    return max(Self.least, aggression == 1 ? part : Self.exponential(Chance.logarithm(part) / aggression))
  }

  /// Half as much for a while after a cooldown, `cool` being what is left of it: below zero.
  package func share(cool: Int64?) -> Double {
    guard let cool, cool > -window else { return 1 }
    return Self.afterCooldown
  }

  /// e^x for x ≤ 0, to some 15 digits: x = k · ln 2 + r with |r| ≤ ½ ln 2, and a Taylor series of e^r.
  static func exponential(_ x: Double) -> Double {
    let ln2 = 0.693_147_180_559_945_3
    let k = (x / ln2).rounded()
    guard k > -1_000 else { return 0 }
    let r = x - k * ln2
    var (term, sum) = (1.0, 1.0)
    for n in 1...16 {
      term *= r / Double(n)
      sum += term
    }
    return Double(sign: .plus, exponent: Int(k), significand: sum)
  }
}
