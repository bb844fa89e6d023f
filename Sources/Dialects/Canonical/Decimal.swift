/// A decimal number of at most 17 digits, without zeros at its end: `significand` · 10^`exponent`.
struct Decimal: Equatable {
  private(set) var isNegative = false
  /// 0, or not divisible by 10.
  private(set) var significand: UInt64 = 0
  private(set) var exponent = 0
  /// Digits of the significand; 0 for zero.
  private(set) var digits = 0

  /// More digits than any double needs.
  private static let maximumDigits = 17
  /// Far beyond what a double reaches: larger exponents are cut to it.
  private static let maximumExponent = 100_000

  /// The shortest decimal that reads back as `value`, which is finite: the digits of `description`.
  init(_ value: Double) {
    guard let decimal = Decimal(value.description.utf8) else { preconditionFailure("\(value) has no digits") }
    self = decimal
  }

  /// Reads a number as JSON and Swift spell it; nil where it has too many digits. Zero has no sign.
  init?(_ text: some Sequence<UInt8>) {
    var reader = Reader()
    for byte in text { guard reader.take(byte) else { return nil } }
    guard reader.significand > 0 else { return }
    isNegative = reader.isNegative
    significand = reader.significand
    digits = reader.digits
    exponent = reader.zeros - reader.fraction + reader.exponent
  }

  private struct Reader {
    private enum Part { case whole, fraction, exponent }
    private var part = Part.whole
    private var isExponentNegative = false
    private var magnitude = 0
    var isNegative = false
    var significand: UInt64 = 0
    var digits = 0
    /// Zeros behind the last other digit.
    var zeros = 0
    /// Digits behind the point.
    var fraction = 0
    var exponent: Int { isExponentNegative ? -magnitude : magnitude }

    mutating func take(_ byte: UInt8) -> Bool {
      switch byte {
      case UInt8(ascii: "."): part = .fraction
      case UInt8(ascii: "e"), UInt8(ascii: "E"): part = .exponent
      case UInt8(ascii: "-"): if part == .exponent { isExponentNegative = true } else { isNegative = true }
      case UInt8(ascii: "0")...UInt8(ascii: "9"): return takeDigit(byte - UInt8(ascii: "0"))
      default: break
      }
      return true
    }

    private mutating func takeDigit(_ digit: UInt8) -> Bool {
      if part == .exponent {
        magnitude = min(magnitude * 10 + Int(digit), Decimal.maximumExponent)
        return true
      }
      if part == .fraction { fraction += 1 }
      guard digit > 0 else {
        if digits > 0 { zeros += 1 }
        return true
      }
      digits += zeros + 1
      guard digits <= Decimal.maximumDigits else { return false }
      for _ in 0...zeros { significand *= 10 }
      significand += UInt64(digit)
      zeros = 0
      return true
    }
  }
}

extension Decimal {
  var isWhole: Bool { exponent >= 0 }

  /// As ECMAScript writes numbers (`Number::toString`, the form that RFC 8785 asks for).
  var text: String {
    guard significand > 0 else { return "0" }
    let sign = isNegative ? "-" : ""
    let figures = String(significand)
    let point = exponent + digits
    switch point {
    case digits...21: return sign + figures + String(repeating: "0", count: exponent)
    case 1..<max(digits, 1): return sign + figures.prefix(point) + "." + figures.dropFirst(point)
    case -5...0: return sign + "0." + String(repeating: "0", count: -point) + figures
    default:
      let fraction = digits > 1 ? "." + figures.dropFirst() : ""
      return sign + figures.prefix(1) + fraction + (point > 0 ? "e+" : "e-") + String(abs(point - 1))
    }
  }
}
