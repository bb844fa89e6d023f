extension RequestHead {
  /// What the headers seen so far say about the message's end and the connection.
  struct Framing: Sendable {
    var hosts = 0
    var length: Int?
    var isChunked = false
    var close = false
    var keepAlive = false
  }

  /// Reads `name ":" OWS value OWS`, which is `bytes[start..<end]`, not empty.
  @inline(__always)
  mutating func takeField(
    _ bytes: UnsafeRawBufferPointer, from start: Int, to end: Int, framing: inout Framing
  ) throws(HTTP1ParseError) {
    let line = bytes.part(start, end)
    guard let colon = line.offset(of: UInt8(ascii: ":")) else { throw Self.lineWithoutColon(line) }
    let name = HeaderName(line.part(0, colon))
    if name == .other, !HTTPBytes.isToken(line.part(0, colon)) { throw Self.badName(line.part(0, colon)) }
    let value = line.part(colon &+ 1, line.count).trimmed
    guard HTTPBytes.isValue(value) else { throw HTTP1ParseError(.headerValue) }
    let valueStart = offset(of: value, in: bytes)
    add(name, Place(start, start &+ colon), Place(valueStart, valueStart &+ value.count))
    if name.isFraming { try take(name, value, &framing) }
  }

  @inline(__always)
  private mutating func add(_ name: HeaderName, _ namePlace: Place, _ valuePlace: Place) {
    if items.isEmpty { items.reserveCapacity(16) }
    items.append(Field(name: namePlace, value: valuePlace, known: name))
    known |= 1 &<< UInt64(name.rawValue)
  }

  @inline(__always)
  private func offset(of part: UnsafeRawBufferPointer, in all: UnsafeRawBufferPointer) -> Int {
    guard let part = part.baseAddress, let all = all.baseAddress else { return 0 }
    return part - all
  }

  private static func lineWithoutColon(_ line: UnsafeRawBufferPointer) -> HTTP1ParseError {
    HTTP1ParseError(line[0] == HTTPBytes.space || line[0] == HTTPBytes.tab ? .foldedLine : .missingColon)
  }

  private static func badName(_ name: UnsafeRawBufferPointer) -> HTTP1ParseError {
    guard let first = name.first, let last = name.last else { return HTTP1ParseError(.headerName) }
    if first == HTTPBytes.space || first == HTTPBytes.tab { return HTTP1ParseError(.foldedLine) }
    let isSpaced = last == HTTPBytes.space || last == HTTPBytes.tab
    return HTTP1ParseError(isSpaced ? .spaceBeforeColon : .headerName)
  }
}

// MARK: - Framing

extension HeaderName {
  /// Whether the parser itself acts on this header.
  @inline(__always)
  var isFraming: Bool {
    rawValue >= Self.host.rawValue && rawValue <= Self.expect.rawValue
  }
}

extension RequestHead {
  private mutating func take(
    _ name: HeaderName, _ value: UnsafeRawBufferPointer, _ framing: inout Framing
  ) throws(HTTP1ParseError) {
    switch name {
    case .host: try takeHost(value, &framing)
    case .contentLength: try takeLength(value, &framing)
    case .transferEncoding: try takeCoding(value, &framing)
    case .connection: takeConnection(value, &framing)
    case .expect: try takeExpectation(value)
    default: break
    }
  }

  private func takeHost(
    _ value: UnsafeRawBufferPointer, _ framing: inout Framing
  ) throws(HTTP1ParseError) {
    framing.hosts &+= 1
    if framing.hosts > 1 { throw HTTP1ParseError(.hostCount) }
    for byte in value where !HTTPBytes.isAuthority(byte) { throw HTTP1ParseError(.host) }
  }

  private func takeLength(
    _ value: UnsafeRawBufferPointer, _ framing: inout Framing
  ) throws(HTTP1ParseError) {
    if framing.length != nil { throw HTTP1ParseError(.repeatedContentLength) }
    guard !value.isEmpty else { throw HTTP1ParseError(.contentLength) }
    var length = 0
    for byte in value {
      let digit = Int(byte) &- 0x30
      guard digit >= 0, digit <= 9 else { throw HTTP1ParseError(.contentLength) }
      let (tenfold, overflow) = length.multipliedReportingOverflow(by: 10)
      let (sum, carry) = tenfold.addingReportingOverflow(digit)
      if overflow || carry { throw HTTP1ParseError(.contentLength) }
      length = sum
    }
    framing.length = length
  }

  private func takeCoding(
    _ value: UnsafeRawBufferPointer, _ framing: inout Framing
  ) throws(HTTP1ParseError) {
    if framing.isChunked { throw HTTP1ParseError(.repeatedTransferCoding) }
    if minorVersion == 0 { throw HTTP1ParseError(.transferCodingIn10) }
    guard value.equalsIgnoringCase("chunked") else { throw HTTP1ParseError(.transferCoding) }
    framing.isChunked = true
  }

  /// A list of options, of which `close` and `keep-alive` mean something here.
  private func takeConnection(_ value: UnsafeRawBufferPointer, _ framing: inout Framing) {
    var start = 0
    while start <= value.count {
      let end = value.offset(of: UInt8(ascii: ","), from: start) ?? value.count
      let option = value.part(start, end).trimmed
      if option.equalsIgnoringCase("close") { framing.close = true }
      if option.equalsIgnoringCase("keep-alive") { framing.keepAlive = true }
      start = end &+ 1
    }
  }

  /// HTTP/1.0 has no expectations (RFC 9110 §10.1.1).
  private mutating func takeExpectation(_ value: UnsafeRawBufferPointer) throws(HTTP1ParseError) {
    if minorVersion == 0 { return }
    guard value.equalsIgnoringCase("100-continue") else { throw HTTP1ParseError(.expectation) }
    expectsContinue = true
  }

  /// Draws the conclusions once all headers are there.
  mutating func finish(_ framing: Framing, _ bytes: UnsafeRawBufferPointer) throws(HTTP1ParseError) {
    if minorVersion == 1, framing.hosts == 0 { throw HTTP1ParseError(.hostCount) }
    if framing.isChunked, framing.length != nil { throw HTTP1ParseError(.lengthAndCoding) }
    if let authorityPlace { try compareHost(authorityPlace.bytes(in: bytes), bytes) }
    keepAlive = !framing.close && (minorVersion == 1 || framing.keepAlive)
    if framing.isChunked {
      body = .chunked
    } else if let length = framing.length, length > 0 {
      body = .length(length)
    }
    if body == .none { expectsContinue = false }
  }

  /// Two authorities in one request may be read as two destinations by two servers: they must agree.
  private func compareHost(
    _ authority: UnsafeRawBufferPointer, _ bytes: UnsafeRawBufferPointer
  ) throws(HTTP1ParseError) {
    for item in items where item.known == .host {
      let host = item.value.bytes(in: bytes)
      guard host.count == authority.count else { throw HTTP1ParseError(.hostMismatch) }
      for (one, other) in zip(host, authority)
      where HTTPBytes.lowercased(one) != HTTPBytes.lowercased(other) {
        throw HTTP1ParseError(.hostMismatch)
      }
    }
  }
}
