extension HeadParts {
  /// Bytes of the longest request line beside its target: method, two spaces, version, CRLF.
  static let requestLineOverhead = maxMethod + 2 + 8 + 2
  private static let maxMethod = 32

  /// Reads `METHOD SP target SP HTTP/1.x`, which is `bytes[start..<end]`. Exactly one space between the parts.
  mutating func takeRequestLine(
    _ bytes: ByteRun, from start: Int, to end: Int, maxTarget: Int, framing: inout Framing
  ) throws(HTTP1ParseError) {
    let line = bytes.part(start, end)
    guard let methodEnd = line.offset(of: HTTPBytes.space) else { throw HTTP1ParseError(.requestLine) }
    try takeMethod(line.part(0, methodEnd), at: start)
    guard let targetEnd = line.offset(of: HTTPBytes.space, from: methodEnd &+ 1) else {
      throw HTTP1ParseError(.missingVersion)
    }
    if targetEnd == methodEnd &+ 1 { throw HTTP1ParseError(.requestLine) }
    try takeVersion(line.part(targetEnd &+ 1, line.count))
    if targetEnd &- methodEnd &- 1 > maxTarget { throw HTTP1ParseError(.targetTooLong) }
    target = Place(start &+ methodEnd &+ 1, start &+ targetEnd)
    try takeTarget(line.part(methodEnd &+ 1, targetEnd), &framing)
  }

  private mutating func takeMethod(_ bytes: ByteRun, at start: Int) throws(HTTP1ParseError) {
    methodName = Place(start, start &+ bytes.count)
    method = HTTPMethod(bytes)
    guard method == .other else { return }
    guard bytes.count <= Self.maxMethod, HTTPBytes.isToken(bytes) else { throw HTTP1ParseError(.method) }
    if bytes.equals("CONNECT") { throw HTTP1ParseError(.connect) }
    // Reserved for the preface of HTTP/2 (RFC 9113 §3.4).
    if bytes.equals("PRI") { throw HTTP1ParseError(.version) }
  }

  private mutating func takeVersion(_ bytes: ByteRun) throws(HTTP1ParseError) {
    if bytes.equals("HTTP/1.1") {
      minorVersion = 1
    } else if bytes.equals("HTTP/1.0") {
      minorVersion = 0
    } else {
      let digits = UInt8(ascii: "0")...UInt8(ascii: "9")
      let isVersion =
        bytes.count == 8 && bytes.part(0, 5).equals("HTTP/") && digits.contains(bytes[5])
        && bytes[6] == UInt8(ascii: ".") && digits.contains(bytes[7])
      throw HTTP1ParseError(isVersion ? .version : .requestLine)
    }
  }

  /// Origin form (`/path?query`), absolute form (`http://host/path?query`) or, for OPTIONS, `*`.
  private mutating func takeTarget(_ bytes: ByteRun, _ framing: inout Framing) throws(HTTP1ParseError) {
    guard HTTPBytes.isTarget(bytes) else { throw HTTP1ParseError(.target) }
    if bytes[0] == UInt8(ascii: "/") {
      setPath(bytes, from: 0)
    } else if bytes[0] == UInt8(ascii: "*") {
      guard bytes.count == 1, method == .options else { throw HTTP1ParseError(.target) }
      path = target
    } else {
      try takeAbsoluteForm(bytes, &framing)
    }
  }

  private mutating func takeAbsoluteForm(_ bytes: ByteRun, _ framing: inout Framing) throws(HTTP1ParseError) {
    let scheme = bytes.count > 8 && bytes.part(0, 8).equalsIgnoringCase("https://") ? 8 : 7
    guard scheme == 8 || bytes.count > 7 && bytes.part(0, 7).equalsIgnoringCase("http://") else {
      throw HTTP1ParseError(.target)
    }
    var end = scheme
    while end < bytes.count, HTTPBytes.isAuthority(bytes[end]) { end &+= 1 }
    let mayEnd = end == bytes.count || bytes[end] == UInt8(ascii: "/") || bytes[end] == UInt8(ascii: "?")
    guard end > scheme, mayEnd else { throw HTTP1ParseError(.target) }
    framing.authority = Place(Int(target.start) &+ scheme, Int(target.start) &+ end)
    setPath(bytes, from: end)
    if path.count == 0 {
      // No path means "/": the scheme's last slash serves.
      path = Place(Int(target.start) &+ scheme &- 1, Int(target.start) &+ scheme)
    }
  }

  /// `bytes` are the target; its path starts at `start`.
  private mutating func setPath(_ bytes: ByteRun, from start: Int) {
    let base = Int(target.start)
    let mark = bytes.offset(of: UInt8(ascii: "?"), from: start)
    path = Place(base &+ start, base &+ (mark ?? bytes.count))
    if let mark { query = Place(base &+ mark &+ 1, base &+ bytes.count) }
  }
}
