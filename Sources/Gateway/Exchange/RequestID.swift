import Policy

/// Names of exchanges: the client's own where it is safe to repeat, else one of ours.
enum RequestID {
  private static let alphabet: StaticString = "0123456789abcdefghjkmnpqrstvwxyz"
  /// Bytes of a client's id that are accepted.
  static let limit = 128

  /// `req_` and 25 characters of 5 random bits each.
  static func make(_ random: inout Chance) -> String {
    var bits = (random.next(), random.next())
    return String(unsafeUninitializedCapacity: 29) { text in
      (text[0], text[1], text[2], text[3]) = (0x72, 0x65, 0x71, 0x5F)
      for index in 4..<29 {
        text[index] = alphabet.utf8Start[Int(bits.0 & 31)]
        bits.0 = bits.0 >> 5 | (bits.1 & 31) << 59
        bits.1 >>= 5
      }
      return 29
    }
  }

  /// Whether a client's id may stand in logs and headers: letters, digits and `. _ : / + = -`.
  static func isSafe(_ id: UnsafeRawBufferPointer) -> Bool {
    guard (1...limit).contains(id.count) else { return false }
    return id.allSatisfy { byte in
      switch byte {
      case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2B, 0x2D...0x2F, 0x3A, 0x3D, 0x5F: true
      default: false
      }
    }
  }
}
