/// Reads the framing of a chunked body (RFC 9112 §7.1), without extensions and without trailer fields. A line of
/// framing has at most 18 bytes here, so an incomplete one is simply read again.
struct ChunkMachine {
  enum Step {
    case incomplete
    /// Framing of `length` bytes was read; ask `left` how much data follows now.
    case framing(length: Int)
    /// The last `length` bytes of the body.
    case last(length: Int)
    case failed(HTTP1ParseError)
  }

  private enum State {
    case size, data, dataEnd, trailer
  }

  private var state = State.size
  /// Bytes of the current chunk's data that were not taken.
  private(set) var left = 0

  private static let maxDigits = 16

  /// Tells that `count` bytes of data were taken, at most `left`.
  mutating func take(_ count: Int) {
    precondition(state == .data && count <= left, "more data was taken than a chunk has")
    left -= count
    if left == 0 { state = .dataEnd }
  }

  /// Reads framing at the start of `bytes`. Not to be called while `left` is more than 0.
  mutating func read(_ bytes: ByteRun) -> Step {
    switch state {
    case .size: return readSize(bytes)
    case .data: preconditionFailure("framing is read while data is left")
    case .dataEnd: return readLineEnd(bytes, otherwise: .chunkEnd, then: .size)
    case .trailer: return readLineEnd(bytes, otherwise: .trailer, then: nil)
    }
  }

  private mutating func readSize(_ bytes: ByteRun) -> Step {
    var size: UInt64 = 0
    var digits = 0
    while digits < bytes.count, let digit = Self.hexDigit(bytes[digits]) {
      if digits == Self.maxDigits { return .failed(HTTP1ParseError(.chunkSize)) }
      size = size &<< 4 | UInt64(digit)
      digits += 1
    }
    if digits == bytes.count { return .incomplete }
    guard digits > 0, let count = Int(exactly: size) else { return .failed(HTTP1ParseError(.chunkSize)) }
    switch readLineEnd(bytes.part(digits, bytes.count), otherwise: Self.verdict(bytes[digits]), then: nil) {
    case .last(let lineEnd):
      left = count
      state = count > 0 ? .data : .trailer
      return .framing(length: digits + lineEnd)
    case let other: return other
    }
  }

  /// What is wrong about a byte that stands where the CR of a size's line should be.
  private static func verdict(_ byte: UInt8) -> HTTP1ParseError.Kind {
    switch byte {
    case UInt8(ascii: ";"), HTTPBytes.space, HTTPBytes.tab: .chunkExtension
    case HTTPBytes.lineFeed: .bareLineFeed
    default: .chunkSize
    }
  }

  /// Reads CRLF and goes on to `next`; nil ends the body.
  private mutating func readLineEnd(
    _ bytes: ByteRun, otherwise kind: HTTP1ParseError.Kind, then next: State?
  ) -> Step {
    guard bytes.count > 0 else { return .incomplete }
    guard bytes[0] == HTTPBytes.carriageReturn else { return .failed(HTTP1ParseError(kind)) }
    guard bytes.count > 1 else { return .incomplete }
    guard bytes[1] == HTTPBytes.lineFeed else { return .failed(HTTP1ParseError(kind)) }
    guard let next else { return .last(length: 2) }
    state = next
    return .framing(length: 2)
  }

  private static func hexDigit(_ byte: UInt8) -> UInt8? {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): byte &- 0x30
    case UInt8(ascii: "a")...UInt8(ascii: "f"): byte &- 0x61 &+ 10
    case UInt8(ascii: "A")...UInt8(ascii: "F"): byte &- 0x41 &+ 10
    default: nil
    }
  }
}
