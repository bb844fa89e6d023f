/// The elementary functions that statistics need, to some 15 digits.
///
/// Ours and not the C library's, so that two machines that fold the same counts hold the same numbers, to the last bit: what one leader
/// has written, the next continues.
enum Elementary {
  private static let ln2 = 0.693_147_180_559_945_3
  /// ln 2 = high + low, with enough zeros at the end of high that its multiples are exact.
  private static let ln2High = 0x1.62E42FEEp-1
  private static let ln2Low = 1.908_214_929_270_587_7e-10

  /// ln x; −∞ for what is not positive.
  static func log(_ x: Double) -> Double {
    guard x > 0 else { return -.infinity }
    guard x < .infinity else { return .infinity }
    var (mantissa, exponent) = (x.significand, Double(x.exponent))
    if mantissa > 1.414_213_562_373_095_1 { (mantissa, exponent) = (mantissa / 2, exponent + 1) }
    return exponent * ln2 + twiceArtanh((mantissa - 1) / (mantissa + 1))
  }

  /// ln(1 + x), as exact near 0 as anywhere.
  static func log1p(_ x: Double) -> Double {
    -0.25...0.25 ~= x ? twiceArtanh(x / (2 + x)) : log(1 + x)
  }

  /// 2 · artanh z = ln((1 + z) / (1 − z)) for |z| ≤ 0.1716.
  private static func twiceArtanh(_ z: Double) -> Double {
    let s = z * z
    var sum = 1 / 21.0
    sum = sum * s + 1 / 19.0
    sum = sum * s + 1 / 17.0
    sum = sum * s + 1 / 15.0
    sum = sum * s + 1 / 13.0
    sum = sum * s + 1 / 11.0
    sum = sum * s + 1 / 9.0
    sum = sum * s + 1 / 7.0
    sum = sum * s + 1 / 5.0
    sum = sum * s + 1 / 3.0
    return 2 * z * (sum * s + 1)
  }

  /// eˣ = 2ᵏ · eʳ with |r| ≤ ½ ln 2, by Taylor's series.
  static func exp(_ x: Double) -> Double {
    guard x > -745 else { return 0 }
    guard x < 709 else { return .infinity }
    let k = (x / ln2).rounded()
    let r = x - k * ln2High - k * ln2Low
    var sum = 1 / 6_227_020_800.0
    sum = sum * r + 1 / 479_001_600.0
    sum = sum * r + 1 / 39_916_800.0
    sum = sum * r + 1 / 3_628_800.0
    sum = sum * r + 1 / 362_880.0
    sum = sum * r + 1 / 40_320.0
    sum = sum * r + 1 / 5_040.0
    sum = sum * r + 1 / 720.0
    sum = sum * r + 1 / 120.0
    sum = sum * r + 1 / 24.0
    sum = sum * r + 1 / 6.0
    sum = sum * r + 1 / 2.0
    return Double(sign: .plus, exponent: Int(k), significand: (sum * r + 1) * r + 1)
  }

  /// ln(eᵃ + eᵇ) without overflow.
  static func logOfSum(_ a: Double, _ b: Double) -> Double {
    let (high, low) = a > b ? (a, b) : (b, a)
    return low == -.infinity ? high : high + log1p(exp(low - high))
  }
}
