/// Crockford's base 32 in lower case: digits and letters without i, l, o and u. Strict, as keys are compared by their bytes.
enum Base32 {
  /// The digit of the five lowest bits.
  static func digit(_ value: UInt64) -> UInt8 {
    switch UInt8(truncatingIfNeeded: value & 31) {
    case let value where value < 10: UInt8(ascii: "0") + value
    case let value where value < 18: UInt8(ascii: "a") + value - 10
    case let value where value < 20: UInt8(ascii: "j") + value - 18
    case let value where value < 22: UInt8(ascii: "m") + value - 20
    case let value where value < 27: UInt8(ascii: "p") + value - 22
    case let value: UInt8(ascii: "v") + value - 27
    }
  }

  /// By byte; 255 for what is no digit.
  private static let values: [UInt8] = (0...255).map { byte in
    (0..<32).first { digit($0) == byte }.map(UInt8.init) ?? .max
  }

  /// Appends the digits of the lowest `count` · 5 bits, the highest first.
  static func append(_ value: UInt64, _ count: Int, to text: inout [UInt8]) {
    for place in stride(from: count - 1, through: 0, by: -1) { text.append(digit(value >> (5 * place))) }
  }

  /// What `count` digits from `first` stand for; nil where one is none. Up to 12 fit.
  static func number(_ bytes: UnsafeRawBufferPointer, _ first: Int, _ count: Int) -> UInt64? {
    values.withUnsafeBufferPointer { values in
      var (number, seen): (UInt64, UInt8) = (0, 0)
      for index in first..<first + count {
        let value = values[Int(bytes[index])]
        seen |= value
        number = number << 5 | UInt64(value & 31)
      }
      return seen < 32 ? number : nil
    }
  }
}
