import Policy
import Testing

@testable import Coordination

struct BodyCodecTests {
  private let codec = BodyCodec()
  private static let text = Array(
    String(repeating: #"{"role":"assistant","content":"hello"},"#, count: 500).utf8)

  private func noise(_ count: Int) -> [UInt8] {
    var random = Chance(seed: 7)
    return (0..<count).map { _ in UInt8(truncatingIfNeeded: random.next()) }
  }

  @Test(arguments: [0, 1, 1_024, 1_025, 4_096, 300_000]) func whatIsEncodedIsDecoded(_ count: Int) throws {
    for body in [noise(count), [UInt8](repeating: 0x61, count: count)] {
      let (bytes, encoding) = codec.encode(body)
      #expect(bytes.count <= body.count)
      #expect(try codec.decode(bytes, encoding, size: Int64(count), limit: count) == body)
    }
  }

  @Test func onlyLongBodiesThatBecomeShorterAreCompressed() {
    #expect(codec.encode(Array(Self.text.prefix(1_024))).encoding == .identity)
    #expect(codec.encode(noise(5_000)).encoding == .identity)
    let (bytes, encoding) = codec.encode(Self.text)
    #expect(encoding == .gzip && bytes.count < Self.text.count / 20)
    #expect(bytes.starts(with: [0x1f, 0x8b]))
  }

  @Test func aChangedByteIsNoticed() {
    let bytes = codec.encode(Self.text).bytes
    // Of gzip's head, bytes 4 to 9 (time, speed, system) say nothing of the body.
    for place in bytes.indices where !(4..<10).contains(place) {
      var damaged = bytes
      damaged[place] ^= 0x10
      let body = try? codec.decode(damaged, .gzip, size: Int64(Self.text.count), limit: 1 << 20)
      #expect(body == nil || body == Self.text, "byte \(place)")
    }
  }

  @Test func whatIsCutOffOrTooLongIsDamaged() {
    let bytes = codec.encode(Self.text).bytes
    let size = Int64(Self.text.count)
    for (damaged, size) in [
      (Array(bytes.dropLast()), size), (bytes + [0], size), ([], size), (bytes, size - 1), (bytes, size + 1),
      (Array(bytes.prefix(20)), size), (bytes, 0),
    ] {
      #expect(throws: BodyFault.damaged) { try codec.decode(damaged, .gzip, size: size, limit: 1 << 20) }
    }
    #expect(throws: BodyFault.damaged) { try codec.decode([1, 2], .identity, size: 3, limit: 9) }
  }

  /// 64 MiB in some 64 KiB.
  @Test func aBombIsRefusedWithoutBeingUnpacked() {
    let bomb = codec.encode([UInt8](repeating: 0, count: 64 << 20)).bytes
    #expect(throws: BodyFault.tooLarge) { try codec.decode(bomb, .gzip, size: 64 << 20, limit: 1 << 20) }
    #expect(throws: BodyFault.damaged) { try codec.decode(bomb, .gzip, size: 1_000, limit: 1 << 20) }
    #expect(throws: BodyFault.tooLarge) { try codec.decode(bomb, .gzip, size: -1, limit: 1 << 20) }
    #expect(throws: BodyFault.tooLarge) { try codec.decode(bomb, .gzip, size: .max, limit: 1 << 20) }
  }

  @Test func aFailureLeavesNothingForTheNextBody() throws {
    let (bytes, encoding) = codec.encode(Self.text)
    _ = try? codec.decode(Array(bytes.prefix(50)), .gzip, size: 100, limit: 1 << 20)
    #expect(try codec.decode(bytes, encoding, size: Int64(Self.text.count), limit: 1 << 20) == Self.text)
  }
}
