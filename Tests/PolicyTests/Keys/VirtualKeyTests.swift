import Policy
import Testing

/// A code that is easy to foresee: the bytes' sum in the highest bits.
private let code: KeyID.Code = { bytes in bytes.reduce(0) { $0 &+ UInt32($1) } << 20 }

struct VirtualKeyTests {
  private static func key(_ byte: UInt8 = 0xA5) -> VirtualKey {
    VirtualKey(
      secret: (0..<20).map { byte &+ $0 &* 13 }, number: [1, 2, 3, 4, 5, 6, byte], code: code)
  }

  private static func read(_ text: String) -> VirtualKey? {
    var text = text
    return text.withUTF8 { VirtualKey(UnsafeRawBufferPointer($0)) }
  }

  @Test func aKeyIsReadAsItIsWritten() throws {
    for byte in UInt8.min...UInt8.max {
      let text = Self.key(byte).reveal()
      #expect(text.utf8.count == VirtualKey.length && text.hasPrefix("sy-"))
      let read = try #require(Self.read(text))
      #expect(read.reveal() == text && read.id == Self.key(byte).id)
      #expect(read.id.isGenuine(code))
    }
  }

  /// Reckoned by another program: bits of the bytes, the highest first, five at a time.
  @Test func digitsAreTheBitsOfTheBytes() {
    let key = VirtualKey(
      secret: Array(0..<20), number: [0xFF, 0x00, 0xFF, 0x00, 0xFF, 0x00, 0xFF], code: { _ in 0xFFFF_F000 })
    #expect(key.reveal() == "sy-zw0fy07z03zzzz-000G40R40M30E209185GR38E1W8124GK".lowercased())
  }

  @Test func everyBitOfTheRandomBytesCounts() {
    let zero = [UInt8](repeating: 0, count: 20)
    var seen: Set<String> = []
    for bit in 0..<160 {
      var secret = zero
      secret[bit / 8] = 1 << UInt8(bit % 8)
      seen.insert(VirtualKey(secret: secret, number: Array(repeating: 0, count: 7), code: code).reveal())
    }
    for bit in 0..<56 {
      var number = Array(zero.prefix(7))
      number[bit / 8] = 0x80 >> UInt8(bit % 8)
      seen.insert(VirtualKey(secret: zero, number: number, code: code).reveal())
    }
    // The last six bits of a number are left over, and alike.
    #expect(seen.count == 160 + 50 + 1)
  }

  @Test func whatIsNoKeyIsNotRead() {
    let text = Self.key().reveal()
    var wrong = [
      "", "sy-", "sk-" + text.dropFirst(3), text + "0", String(text.dropLast()), text.uppercased(),
    ]
    for index in text.indices {
      for letter in ["i", "l", "o", "u", "A", "-", " ", "é", "/", "{"] {
        var changed = text
        changed.replaceSubrange(index...index, with: letter)
        if changed != text { wrong.append(changed) }
      }
    }
    for text in wrong { #expect(Self.read(text) == nil, "\(text)") }
  }

  @Test func aForgedIDIsNotGenuine() throws {
    let id = Self.key().id
    let text = id.description
    for index in text.indices {
      for digit in "0123456789abcdefghjkmnpqrstvwxyz" where digit != text[index] {
        var forged = text
        forged.replaceSubrange(index...index, with: String(digit))
        #expect(try !#require(KeyID(forged)).isGenuine(code))
      }
    }
    #expect(KeyID(text) == id)
  }

  /// Another cluster's keys aren't this one's.
  @Test func anIDIsGenuineUnderItsOwnCodeOnly() { #expect(!Self.key().id.isGenuine { _ in 0 }) }

  @Test(arguments: ["", "ci", "0123456789abc", "0123456789abcde", "0123456789abcu", "0123456789ABCD"])
  func whatIsNoIDIsNotRead(_ text: String) { #expect(KeyID(text) == nil) }

  @Test func theSecretIsNeverPrinted() {
    let key = Self.key()
    let secret = key.reveal().suffix(32)
    var dumped = ""
    dump(key, to: &dumped)
    let bits = Mirror(reflecting: key).children.map { "\($0)" }.joined()
    for text in ["\(key)", String(reflecting: key), "\([key])", "\(Optional(key) as Any)", dumped, bits] {
      #expect(!text.contains(secret.prefix(6)) && text.contains(key.id.description))
    }
    #expect("\(key)" == "sy-\(key.id)-…")
  }

  @Test func aRotatedKeyHasTheSameID() {
    let rotated = VirtualKey(id: Self.key().id, secret: Array(repeating: 9, count: 20))
    #expect(rotated.id == Self.key().id && rotated.reveal() != Self.key().reveal())
  }

  @Test func digestsAreEqualInAllOf256Bits() throws {
    let zero = [UInt8](repeating: 0, count: 32)
    let digest = try #require(KeyDigest(zero))
    for bit in 0..<256 {
      var other = zero
      other[bit / 8] = 1 << UInt8(bit % 8)
      let changed = try #require(KeyDigest(other))
      #expect(changed != digest && KeyDigest(text: changed.text) == changed)
    }
    #expect(KeyDigest(zero) == digest && KeyDigest(Array(zero.dropLast())) == nil)
    #expect(KeyDigest(text: String(repeating: "A", count: 64)) == nil)
  }
}
