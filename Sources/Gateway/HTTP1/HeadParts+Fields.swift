extension HeadParts {
  /// Reads `name ":" OWS value OWS`, which is `bytes[start..<end]`, not empty.
  @inline(__always)
  mutating func takeField(
    _ bytes: ByteRun, from start: Int, to end: Int, framing: inout Framing
  ) throws(HTTP1ParseError) {
    let line = bytes.part(start, end)
    guard let colon = line.nearOffset(of: UInt8(ascii: ":")) else { throw Self.lineWithoutColon(line) }
    let name = HeaderName.find(line.part(0, colon))
    if name == .other, !HTTPBytes.isToken(line.part(0, colon)) { throw Self.badName(line.part(0, colon)) }
    let value = line.part(colon &+ 1, line.count).trimmed
    guard HTTPBytes.isValue(value) else { throw HTTP1ParseError(.headerValue) }
    let valueStart = value.base - bytes.base
    add(name, Place(start, start &+ colon), Place(valueStart, valueStart &+ value.count))
    if name.isFraming { try take(name, value, line.part(colon &+ 1, line.count), &framing) }
  }

  // Not inlined: in one function with all the rest of a line the optimiser no longer inlines the array's own parts.
  @inline(never)
  private mutating func add(_ name: HeaderName, _ namePlace: Place, _ valuePlace: Place) {
    if fields.isEmpty { fields.reserveCapacity(16) }
    fields.append(Field(name: namePlace, value: valuePlace, known: name))
    known |= 1 &<< UInt64(name.rawValue)
  }

  private static func lineWithoutColon(_ line: ByteRun) -> HTTP1ParseError {
    HTTP1ParseError(HTTPBytes.isBlank(line[0]) ? .foldedLine : .missingColon)
  }

  private static func badName(_ name: ByteRun) -> HTTP1ParseError {
    if name.isEmpty { return HTTP1ParseError(.headerName) }
    if HTTPBytes.isBlank(name[0]) { return HTTP1ParseError(.foldedLine) }
    return HTTP1ParseError(HTTPBytes.isBlank(name[name.count - 1]) ? .spaceBeforeColon : .headerName)
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

extension HeadParts {
  /// `whole` is the value with the white space around it. A tab there is legal, but servers differ on it, and llhttp
  /// refuses it behind what says where the message ends: nobody needs it.
  private mutating func take(
    _ name: HeaderName, _ value: ByteRun, _ whole: ByteRun, _ framing: inout Framing
  ) throws(HTTP1ParseError) {
    switch name {
    case .host: try takeHost(value, &framing)
    case .contentLength:
      if whole.nearOffset(of: HTTPBytes.tab) != nil { throw HTTP1ParseError(.contentLength) }
      try takeLength(value, &framing)
    case .transferEncoding:
      if whole.nearOffset(of: HTTPBytes.tab) != nil { throw HTTP1ParseError(.transferCoding) }
      try takeCoding(value, &framing)
    case .connection: takeConnection(value, &framing)
    case .expect: try takeExpectation(value)
    default: break
    }
  }

  private func takeHost(_ value: ByteRun, _ framing: inout Framing) throws(HTTP1ParseError) {
    framing.hosts &+= 1
    if framing.hosts > 1 { throw HTTP1ParseError(.hostCount) }
    for byte in value.raw where !HTTPBytes.isAuthority(byte) { throw HTTP1ParseError(.host) }
  }

  private func takeLength(_ value: ByteRun, _ framing: inout Framing) throws(HTTP1ParseError) {
    if framing.length != nil { throw HTTP1ParseError(.repeatedContentLength) }
    guard !value.isEmpty else { throw HTTP1ParseError(.contentLength) }
    var length = 0
    for byte in value.raw {
      let digit = Int(byte) &- 0x30
      guard digit >= 0, digit <= 9 else { throw HTTP1ParseError(.contentLength) }
      let (tenfold, overflow) = length.multipliedReportingOverflow(by: 10)
      let (sum, carry) = tenfold.addingReportingOverflow(digit)
      if overflow || carry { throw HTTP1ParseError(.contentLength) }
      length = sum
    }
    framing.length = length
  }

  private func takeCoding(_ value: ByteRun, _ framing: inout Framing) throws(HTTP1ParseError) {
    if framing.isChunked { throw HTTP1ParseError(.repeatedTransferCoding) }
    if minorVersion == 0 { throw HTTP1ParseError(.transferCodingIn10) }
    guard value.equalsIgnoringCase("chunked") else { throw HTTP1ParseError(.transferCoding) }
    framing.isChunked = true
  }

  /// A list of options, of which `close` and `keep-alive` mean something here.
  private func takeConnection(_ value: ByteRun, _ framing: inout Framing) {
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
  private mutating func takeExpectation(_ value: ByteRun) throws(HTTP1ParseError) {
    if minorVersion == 0 { return }
    guard value.equalsIgnoringCase("100-continue") else { throw HTTP1ParseError(.expectation) }
    expectsContinue = true
  }

  /// Draws the conclusions once all headers are there.
  mutating func finish(_ bytes: ByteRun, _ framing: Framing) throws(HTTP1ParseError) {
    if minorVersion == 1, framing.hosts == 0 { throw HTTP1ParseError(.hostCount) }
    if framing.isChunked, framing.length != nil { throw HTTP1ParseError(.lengthAndCoding) }
    if let authority = framing.authority { try compareHost(authority.bytes(in: bytes), bytes) }
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
    _ authority: ByteRun, _ bytes: ByteRun
  ) throws(HTTP1ParseError) {
    for item in fields where item.known == .host {
      let host = item.value.bytes(in: bytes)
      guard host.count == authority.count else { throw HTTP1ParseError(.hostMismatch) }
      for (one, other) in zip(host.raw, authority.raw)
      where HTTPBytes.lowercased(one) != HTTPBytes.lowercased(other) {
        throw HTTP1ParseError(.hostMismatch)
      }
    }
  }
}
