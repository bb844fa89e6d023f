/// What a head's fields say of the body behind it, and of the connection (RFC 9112 §6.3, §9.3).
struct AnswerFraming {
  enum Body: Equatable {
    case none
    case sized(Int)
    case chunked
    /// Everything up to the end of the connection.
    case untilClose
  }

  var isVersion10 = false
  private var length: Int?
  private var isChunked = false
  private var saysClose = false
  private var saysKeepAlive = false
  private var endsWithConnection = false

  var keepsAlive: Bool {
    !endsWithConnection && !saysClose && (!isVersion10 || saysKeepAlive)
  }

  /// Takes a field line. False where it can't be one, or two readers might make different things of it.
  mutating func read(field line: UnsafeRawBufferPointer) -> Bool {
    // A line that begins with a blank would continue the one before it.
    guard let colon = line.firstIndex(of: 0x3A), colon > 0, line[0] != 0x20, line[0] != 0x09 else {
      return false
    }
    let name = UnsafeRawBufferPointer(rebasing: line[..<colon])
    switch name.count {
    case 10 where UpstreamHead.equal(name, "connection"): readConnection(line, from: colon + 1)
    case 14 where UpstreamHead.equal(name, "content-length"): return readLength(line, from: colon + 1)
    case 17 where UpstreamHead.equal(name, "transfer-encoding"): return readCoding(line, from: colon + 1)
    default: break
    }
    return true
  }

  /// The body's framing, once every field was read.
  mutating func body(status: Int) -> Body {
    if status == 204 || status == 304 { return .none }
    if isChunked {
      // Both may mean that someone on the way took one for the other: nothing behind such an answer is trusted.
      if length != nil { endsWithConnection = true }
      return .chunked
    }
    if let length { return .sized(length) }
    endsWithConnection = true
    return .untilClose
  }

  private mutating func readLength(_ line: UnsafeRawBufferPointer, from start: Int) -> Bool {
    let digits = UpstreamHead.trimmed(line, start, line.count)
    guard (1...18).contains(digits.count) else { return false }
    var value = 0
    for byte in digits {
      guard byte &- 0x30 < 10 else { return false }
      value = value * 10 + Int(byte - 0x30)
    }
    guard length == nil || length == value else { return false }
    length = value
    return true
  }

  /// We never ask for another coding, so none but this one may come, and once.
  private mutating func readCoding(_ line: UnsafeRawBufferPointer, from start: Int) -> Bool {
    guard !isChunked, UpstreamHead.equal(UpstreamHead.trimmed(line, start, line.count), "chunked") else {
      return false
    }
    isChunked = true
    return true
  }

  private mutating func readConnection(_ line: UnsafeRawBufferPointer, from start: Int) {
    var start = start
    while start <= line.count {
      let end = line[start...].firstIndex(of: 0x2C) ?? line.count
      let option = UpstreamHead.trimmed(line, start, end)
      if UpstreamHead.equal(option, "close") { saysClose = true }
      if UpstreamHead.equal(option, "keep-alive") { saysKeepAlive = true }
      start = end + 1
    }
  }
}
