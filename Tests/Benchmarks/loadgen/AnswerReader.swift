/// Reads one HTTP/1.1 answer after another from the bytes as they come: a machine without socket or clock.
///
/// It finds where an answer ends, and nothing else: a sized, a chunked or, with the connection's end, an open body.
struct AnswerReader {
  enum Progress: Equatable {
    case more
    /// The answer is whole.
    case whole
    /// What came is not an answer.
    case broken
  }

  private enum Phase: Equatable {
    case head
    case sized(Int)
    case untilClose
    case chunkSize(Int, sawDigit: Bool)
    case chunkExtension(Int)
    case chunk(Int)
    case chunkEnd
    /// After the last chunk; how many bytes the line has so far.
    case trailer(Int)
  }

  private(set) var status = 0
  private(set) var closes = false
  /// Bytes of the body so far, without its framing.
  private(set) var bodyBytes = 0
  private var phase = Phase.head
  /// A head that came in pieces.
  private var partial: [UInt8] = []

  private static let headLimit = 1 << 17

  /// Makes ready for the next answer.
  mutating func reset() {
    status = 0
    closes = false
    bodyBytes = 0
    phase = .head
    partial.removeAll(keepingCapacity: true)
  }

  /// Whether an answer that the connection's end cuts off here is whole.
  var endsWithConnection: Bool { phase == .untilClose }

  mutating func take(_ bytes: UnsafeRawBufferPointer) -> Progress {
    guard phase == .head else { return takeBody(bytes[...]) }
    guard partial.isEmpty else {
      partial += bytes
      let joined = partial
      return joined.withUnsafeBytes { takeHead($0) }
    }
    return takeHead(bytes)
  }

  private mutating func takeHead(_ bytes: UnsafeRawBufferPointer) -> Progress {
    guard let end = HeadScan.end(of: bytes) else {
      if partial.isEmpty { partial = Array(bytes) }
      return partial.count > Self.headLimit ? .broken : .more
    }
    guard let head = HeadScan(bytes[..<end]) else { return .broken }
    partial.removeAll(keepingCapacity: true)
    if head.status == 100 { return take(UnsafeRawBufferPointer(rebasing: bytes[end...])) }
    status = head.status
    closes = head.closes
    if head.isChunked {
      phase = .chunkSize(0, sawDigit: false)
    } else if let length = head.length {
      phase = .sized(length)
    } else {
      phase = status == 204 || status == 304 ? .sized(0) : .untilClose
    }
    return takeBody(bytes[end...])
  }

  private mutating func takeBody(_ slice: Slice<UnsafeRawBufferPointer>) -> Progress {
    switch phase {
    case .sized(let left):
      let count = min(left, slice.count)
      bodyBytes += count
      phase = .sized(left - count)
      return left == count ? .whole : .more
    case .untilClose:
      bodyBytes += slice.count
      closes = true
      return .more
    default: return takeChunks(slice)
    }
  }

  private mutating func takeChunks(_ slice: Slice<UnsafeRawBufferPointer>) -> Progress {
    var index = slice.startIndex
    while index < slice.endIndex {
      if case .chunk(let left) = phase {
        let count = min(left, slice.endIndex - index)
        bodyBytes += count
        index += count
        phase = left == count ? .chunkEnd : .chunk(left - count)
        continue
      }
      let progress = takeFraming(slice[index])
      if progress != .more { return progress }
      index += 1
    }
    return .more
  }

  private mutating func takeFraming(_ byte: UInt8) -> Progress {
    switch (phase, byte) {
    case (.chunkSize(let size, true), 0x0A): phase = size == 0 ? .trailer(0) : .chunk(size)
    case (.chunkSize(let size, true), 0x0D), (.chunkSize(let size, true), 0x20),
      (.chunkSize(let size, true), 0x3B):
      phase = .chunkExtension(size)
    case (.chunkSize(let size, _), _):
      guard let digit = HeadScan.hexadecimal(byte), size < 1 << 40 else { return .broken }
      phase = .chunkSize(size * 16 + digit, sawDigit: true)
    case (.chunkExtension(let size), 0x0A): phase = size == 0 ? .trailer(0) : .chunk(size)
    case (.chunkEnd, 0x0A): phase = .chunkSize(0, sawDigit: false)
    case (.chunkEnd, 0x0D), (.chunkExtension, _), (.trailer, 0x0D): break
    case (.trailer(let length), 0x0A):
      if length == 0 { return .whole }
      phase = .trailer(0)
    case (.trailer(let length), _): phase = .trailer(length + 1)
    default: return .broken
    }
    return .more
  }
}
