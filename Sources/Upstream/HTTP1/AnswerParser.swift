import Glibc

/// Reads the answers on one HTTP/1.1 connection (RFC 9112), as strictly as it takes that nobody could read them in another way.
///
/// It does no I/O and keeps no bytes: what it can't use yet stays with the caller, at most one incomplete line of a head.
struct AnswerParser {
  enum Event: Equatable {
    /// All that could be used was used.
    case needsMore
    /// The final head is whole: `head`.
    case head
    /// So many of the next bytes belong to the body. They are the caller's, who tells of them by `take`.
    case body(Int)
    /// The answer is whole.
    case end
    case failed(TransferFailure.Kind)
  }

  private enum State: Equatable {
    case statusLine, fields
    case sized(left: Int)
    case chunked
    case untilClose
    case ended
  }

  /// Informational heads (1xx) that may come before the final one.
  static let informationalLimit = 16

  private var state = State.statusLine
  private(set) var head = UpstreamHead(status: 0)
  private var framing = AnswerFraming()
  private var chunks = ChunkReader()
  private var informational = 0
  /// Whether another answer may come on the connection behind this one; known once the head is.
  var keepsAlive: Bool { framing.keepsAlive }

  /// Begins with another answer.
  mutating func reset() { self = AnswerParser(reusing: head) }

  init() {}

  private init(reusing head: UpstreamHead) {
    self.head = head
    self.head.reset(status: 0)
  }

  /// The next event; `consumed` is set to how many bytes in front of it are done with.
  mutating func next(_ bytes: UnsafeRawBufferPointer, consumed: inout Int) -> Event {
    consumed = 0
    switch state {
    case .statusLine, .fields: return readHead(bytes, &consumed)
    case .sized(left: 0): return end()
    case .sized(let left): return bytes.isEmpty ? .needsMore : .body(min(left, bytes.count))
    case .untilClose: return bytes.isEmpty ? .needsMore : .body(bytes.count)
    case .chunked: return readChunked(bytes, &consumed)
    case .ended: return .end
    }
  }

  /// Tells that `count` bytes of the body were taken.
  mutating func take(_ count: Int) {
    switch state {
    case .sized(let left): state = .sized(left: left - count)
    case .chunked: chunks.take(count)
    case .untilClose: break
    case .statusLine, .fields, .ended: preconditionFailure("body bytes were taken while \(state)")
    }
  }

  /// Nothing more will come: what that makes of the answer, nil if it is whole. `orderly` is false after a reset.
  func inputEnded(orderly: Bool) -> TransferFailure.Kind? {
    switch state {
    case .statusLine, .fields: .reset
    case .untilClose: orderly ? nil : .brokenBody
    case .sized(left: 0), .ended: nil
    case .sized, .chunked: .brokenBody
    }
  }

  // MARK: The head

  private mutating func readHead(_ bytes: UnsafeRawBufferPointer, _ consumed: inout Int) -> Event {
    while let line = Self.line(bytes, from: consumed) {
      consumed = line.next
      guard Self.isClean(line.text) else { return .failed(.garbage) }
      if state == .statusLine {
        guard takeStatusLine(line.text) else { return .failed(.garbage) }
      } else if line.text.isEmpty {
        if let event = endOfHead() { return event }
      } else if head.byteCount + line.text.count > UpstreamHead.limit {
        return .failed(.oversizedHead)
      } else {
        guard framing.read(field: line.text) else { return .failed(.garbage) }
        head.append(line: line.text)
      }
    }
    return incompleteLine(UnsafeRawBufferPointer(rebasing: bytes[consumed...]))
  }

  /// What is seen of a line that has not ended.
  private func incompleteLine(_ bytes: UnsafeRawBufferPointer) -> Event {
    if state == .statusLine, !Self.mayBeStatusLine(bytes) { return .failed(.garbage) }
    return head.byteCount + bytes.count > UpstreamHead.limit ? .failed(.oversizedHead) : .needsMore
  }

  /// Nil where the final head is still to come.
  private mutating func endOfHead() -> Event? {
    guard head.status >= 200 else {
      informational += 1
      // 101 is the answer to a wish of ours, and there was none.
      if head.status == 101 || informational > Self.informationalLimit { return .failed(.garbage) }
      framing = AnswerFraming()
      state = .statusLine
      return nil
    }
    switch framing.body(status: head.status) {
    case .none: state = .sized(left: 0)
    case .sized(let length): state = .sized(left: length)
    case .chunked: state = .chunked
    case .untilClose: state = .untilClose
    }
    return .head
  }

  /// `HTTP/1.1 200 OK`; the reason and the blank before it may be missing.
  private mutating func takeStatusLine(_ line: UnsafeRawBufferPointer) -> Bool {
    guard line.count >= 12, Self.mayBeStatusLine(line), line[7] == 0x30 || line[7] == 0x31, line[8] == 0x20,
      line.count == 12 || line[12] == 0x20
    else { return false }
    var status = 0
    for byte in line[9..<12] {
      guard byte &- 0x30 < 10 else { return false }
      status = status * 10 + Int(byte - 0x30)
    }
    guard (100..<1000).contains(status) else { return false }
    head.reset(status: status)
    framing.isVersion10 = line[7] == 0x30
    state = .fields
    return true
  }

  private static let version: StaticString = "HTTP/1."

  private static func mayBeStatusLine(_ bytes: UnsafeRawBufferPointer) -> Bool {
    let count = min(bytes.count, version.utf8CodeUnitCount)
    guard count > 0, let base = bytes.baseAddress else { return true }
    return memcmp(base, version.utf8Start, count) == 0
  }

  /// The line that begins at `start`, without its line end, and where the next one begins. LF alone ends a line too (RFC 9112 §2.2).
  private static func line(_ bytes: UnsafeRawBufferPointer, from start: Int)
    -> (text: UnsafeRawBufferPointer, next: Int)?
  {
    guard start < bytes.count, let base = bytes.baseAddress,
      let found = memchr(base + start, 0x0A, bytes.count - start)
    else { return nil }
    let lineFeed = UnsafeRawPointer(found) - base
    let end = lineFeed > start && bytes[lineFeed - 1] == 0x0D ? lineFeed - 1 : lineFeed
    return (UnsafeRawBufferPointer(start: base + start, count: end - start), lineFeed + 1)
  }

  /// A CR within a line might be a line end to someone else, and so might NUL be an end.
  private static func isClean(_ line: UnsafeRawBufferPointer) -> Bool {
    guard let base = line.baseAddress else { return true }
    return memchr(base, 0x0D, line.count) == nil && memchr(base, 0, line.count) == nil
  }

  // MARK: The body

  private mutating func readChunked(_ bytes: UnsafeRawBufferPointer, _ consumed: inout Int) -> Event {
    switch chunks.read(bytes, consumed: &consumed) {
    case .needsMore: return .needsMore
    case .failed: return .failed(.brokenBody)
    case .end: return end()
    case .data:
      let available = bytes.count - consumed
      return available == 0 ? .needsMore : .body(min(chunks.left, available))
    }
  }

  private mutating func end() -> Event {
    state = .ended
    return .end
  }
}
