/// Which of a cluster's slots a key is in: CRC16 (XMODEM: polynomial 0x1021, from 0) of its hash tag, or of all of it.
///
/// Source: the Redis Cluster specification, "Key distribution model" and "Hash tags".
enum HashSlot {
  static let count = 16_384

  /// The tag is what stands between the first `{` and the first `}` after it, unless that is nothing.
  static func of(_ key: String) -> Int {
    var key = key
    return key.withUTF8 { of($0) }
  }

  private static func of(_ key: UnsafeBufferPointer<UInt8>) -> Int {
    guard let open = key.firstIndex(of: 0x7B), let close = key[(open + 1)...].firstIndex(of: 0x7D),
      close > open + 1
    else { return slot(key[...]) }
    return slot(key[(open + 1)..<close])
  }

  private static func slot(_ bytes: Slice<UnsafeBufferPointer<UInt8>>) -> Int {
    var sum: UInt16 = 0
    for byte in bytes { sum = sum << 8 ^ table[Int(sum >> 8 ^ UInt16(byte))] }
    return Int(sum) % count
  }

  private static let table: [UInt16] = (0..<256).map { byte in
    (0..<8).reduce(UInt16(byte) << 8) { sum, _ in sum & 0x8000 == 0 ? sum << 1 : sum << 1 ^ 0x1021 }
  }
}
