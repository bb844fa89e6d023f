/// Names a virtual key: ten digits of base 32 and four that prove that the cluster made it.
///
/// The check is the first 20 bits of a code of the ten digits under the cluster's secret, so that of a million forged ids one makes
/// it to Redis. It proves nothing about who asks: the key's own secret does.
package struct KeyID: Hashable, Sendable, CustomStringConvertible {
  /// The first four bytes of HMAC-SHA256 of some bytes under the cluster's secret, the first byte highest.
  package typealias Code = @Sendable (UnsafeRawBufferPointer) -> UInt32

  /// Characters of the text.
  package static let length = 14
  private static let digits = 10
  private static let checkDigits = 4

  /// 50 bits.
  private let number: UInt64
  /// 20 bits.
  private let check: UInt32

  /// An id of the cluster whose code it is; of `number` the lowest 50 bits count.
  package init(number: UInt64, code: Code) {
    self.number = number & (1 << 50 - 1)
    check = Self.check(of: self.number, code)
  }

  /// Reads 14 bytes; nil where they are no id. Whether the check is right is for `isGenuine` to say.
  package init?(_ text: UnsafeRawBufferPointer) {
    guard text.count == Self.length, let number = Base32.number(text, 0, Self.digits),
      let check = Base32.number(text, Self.digits, Self.checkDigits)
    else { return nil }
    self.number = number
    self.check = UInt32(check)
  }

  package init?(_ text: String) {
    var text = text
    guard let id = text.withUTF8({ Self(UnsafeRawBufferPointer($0)) }) else { return nil }
    self = id
  }

  package func isGenuine(_ code: Code) -> Bool { Self.check(of: number, code) == check }

  package var description: String {
    var text: [UInt8] = []
    text.reserveCapacity(Self.length)
    Base32.append(number, Self.digits, to: &text)
    Base32.append(UInt64(check), Self.checkDigits, to: &text)
    return String(decoding: text, as: UTF8.self)
  }

  private static func check(of number: UInt64, _ code: Code) -> UInt32 {
    withUnsafeTemporaryAllocation(byteCount: digits, alignment: 1) { text in
      for index in 0..<digits { text[index] = Base32.digit(number >> (5 * (digits - 1 - index))) }
      return code(UnsafeRawBufferPointer(text)) >> 12
    }
  }
}
