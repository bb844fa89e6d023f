extension Chance {
  /// −ln of a number that is equally likely anywhere in (0, 1]: at least x with probability e⁻ˣ.
  package mutating func exponential() -> Double {
    let unit = Double((next() >> 11) + 1) * 0x1p-53
    return -Self.logarithm(unit)
  }

  /// ln of a positive normal number, to some 15 digits: x = m · 2ᵉ with m in [√½, √2), and ln m = 2 · atanh((m − 1) / (m + 1)).
  static func logarithm(_ value: Double) -> Double {
    var (mantissa, exponent) = (value.significand, Double(value.exponent))
    if mantissa > 2.0.squareRoot() { (mantissa, exponent) = (mantissa / 2, exponent + 1) }
    let ratio = (mantissa - 1) / (mantissa + 1)
    var (power, sum) = (ratio, 0.0)
    for divisor in stride(from: 1.0, through: 21, by: 2) {
      sum += power / divisor
      power *= ratio * ratio
    }
    return exponent * 0.693_147_180_559_945_3 + 2 * sum
  }
}
