/// A key that the cluster gives out: `sy-<id>-<secret>`, the secret 160 bits in 32 digits of base 32.
///
/// The id may be known; the secret is shown once, to whom the key is made for, by `reveal()`. Nothing else prints it.
package struct VirtualKey: Sendable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable
{
  package static let prefix: StaticString = "sy-"
  /// Characters of the text.
  package static let length = 3 + KeyID.length + 1 + secretDigits
  private static let secretDigits = 32

  package let id: KeyID
  /// 60, 60 and 40 bits.
  private let secret: (UInt64, UInt64, UInt64)

  /// Reads a key as a client sends it, without allocating; nil where it isn't one. That says nothing about whether it is valid.
  package init?(_ text: UnsafeRawBufferPointer) {
    guard text.count == Self.length, Self.isPrefixed(text) else { return nil }
    let first = 3 + KeyID.length + 1
    guard text[first - 1] == UInt8(ascii: "-"),
      let id = KeyID(UnsafeRawBufferPointer(rebasing: text[3..<first - 1])),
      let high = Base32.number(text, first, 12), let middle = Base32.number(text, first + 12, 12),
      let low = Base32.number(text, first + 24, 8)
    else { return nil }
    self.id = id
    secret = (high, middle, low)
  }

  /// Makes a key of the cluster whose code it is, from bytes of a source that nobody can foresee.
  ///
  /// `secret` is 20 bytes, `number` 7, of which the id takes the first 50 bits; other counts trap.
  package init(secret: [UInt8], number: [UInt8], code: KeyID.Code) {
    precondition(secret.count == 20 && number.count == 7, "\(secret.count) and \(number.count) random bytes")
    self.init(id: KeyID(number: Self.number(number[...]) >> 6, code: code), secret: secret)
  }

  /// Another secret for the same id.
  package init(id: KeyID, secret: [UInt8]) {
    precondition(secret.count == 20, "\(secret.count) random bytes")
    self.id = id
    // Of 160 bits the first 60, the next 60, the last 40.
    let high = Self.number(secret[0..<8]) >> 4
    let middle = (Self.number(secret[7..<15]) & (1 << 60 - 1))
    self.secret = (high, middle, Self.number(secret[15..<20]))
  }

  /// The whole key, for the one that it is made for.
  package func reveal() -> String {
    var text = Array("\(Self.prefix)\(id)-".utf8)
    Base32.append(secret.0, 12, to: &text)
    Base32.append(secret.1, 12, to: &text)
    Base32.append(secret.2, 8, to: &text)
    return String(decoding: text, as: UTF8.self)
  }

  package var description: String { "\(Self.prefix)\(id)-…" }
  package var debugDescription: String { description }
  package var customMirror: Mirror { Mirror(self, children: ["id": id]) }

  private static func isPrefixed(_ text: UnsafeRawBufferPointer) -> Bool {
    text[0] == UInt8(ascii: "s") && text[1] == UInt8(ascii: "y") && text[2] == UInt8(ascii: "-")
  }

  private static func number(_ bytes: ArraySlice<UInt8>) -> UInt64 {
    bytes.reduce(0) { $0 << 8 | UInt64($1) }
  }
}
