/// Reads the framing of a chunked answer (RFC 9112 §7.1). Extensions and trailer fields are skipped: nobody here asks for them.
struct ChunkReader {
  enum Step: Equatable {
    case needsMore
    /// `left` bytes of data come next.
    case data
    case end
    case failed
  }

  private enum State {
    case size
    /// Behind the size, up to its line end.
    case extensions
    case data
    case dataEnd
    /// At the start of a trailer line, and within one.
    case trailer, trailerLine
    case ended
  }

  /// Bytes of extensions, and of trailer lines, that are put up with.
  static let skipLimit = 16 << 10

  private var state = State.size
  private var digits = 0
  private var skipped = 0
  private var sawReturn = false
  /// Bytes of the current chunk's data that were not taken.
  private(set) var left = 0

  mutating func take(_ count: Int) {
    left -= count
    if left == 0 { state = .dataEnd }
  }

  /// Reads framing up to data, or to the end; `consumed` grows by what was read.
  mutating func read(_ bytes: UnsafeRawBufferPointer, consumed: inout Int) -> Step {
    while true {
      switch state {
      case .data: return .data
      case .ended: return .end
      case .size, .extensions, .dataEnd, .trailer, .trailerLine: break
      }
      guard consumed < bytes.count else { return .needsMore }
      guard step(bytes[consumed]) else { return .failed }
      consumed += 1
    }
  }

  private mutating func step(_ byte: UInt8) -> Bool {
    switch state {
    case .size: return size(byte)
    case .extensions:
      if byte == 0x0A { return endOfSize() }
      return skip()
    case .dataEnd: return lineEnd(byte, then: .size)
    case .trailer:
      if byte == 0x0A || byte == 0x0D || sawReturn { return lineEnd(byte, then: .ended) }
      state = .trailerLine
      return skip()
    case .trailerLine:
      if byte == 0x0A { state = .trailer }
      return skip()
    case .data, .ended: preconditionFailure("framing is read while \(state)")
    }
  }

  private mutating func size(_ byte: UInt8) -> Bool {
    if let digit = Self.hexDigit(byte) {
      digits += 1
      left = left << 4 | Int(digit)
      return digits <= 15
    }
    guard digits > 0 else { return false }
    state = .extensions
    if byte == 0x0A { return endOfSize() }
    return byte == 0x0D || byte == 0x3B || byte == 0x20 || byte == 0x09
  }

  private mutating func endOfSize() -> Bool {
    state = left == 0 ? .trailer : .data
    (digits, skipped) = (0, 0)
    return true
  }

  /// CRLF, or LF alone.
  private mutating func lineEnd(_ byte: UInt8, then next: State) -> Bool {
    if byte == 0x0A {
      sawReturn = false
      state = next
      return true
    }
    guard byte == 0x0D, !sawReturn else { return false }
    sawReturn = true
    return true
  }

  private mutating func skip() -> Bool {
    skipped += 1
    return skipped <= Self.skipLimit
  }

  private static func hexDigit(_ byte: UInt8) -> UInt8? {
    switch byte {
    case 0x30...0x39: byte &- 0x30
    case 0x61...0x66: byte &- 0x61 &+ 10
    case 0x41...0x46: byte &- 0x41 &+ 10
    default: nil
    }
  }
}
