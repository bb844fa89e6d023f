import Glibc

/// Why a request cannot be read. The connection answers `status` and closes.
struct HTTPFault: Error, Equatable {
  var status: Int
  var reason: String

  static func bad(_ reason: String) -> HTTPFault {
    HTTPFault(status: 400, reason: reason)
  }
}

/// Reads a request's head from its bytes (with the empty line): strict about line ends, names and framing.
struct HeadParser {
  private var head = RequestHead()
  private var length: Int?
  private var isChunked = false
  private var isOld = false

  static func parse(_ bytes: UnsafeRawBufferPointer) throws(HTTPFault) -> RequestHead {
    var parser = HeadParser()
    var start = 0
    var isFirst = true
    while let end = lineEnd(bytes, from: start), end > start {
      let line = UnsafeRawBufferPointer(rebasing: bytes[start..<end])
      if isFirst { try parser.requestLine(line) } else { try parser.field(line) }
      isFirst = false
      start = end + 2
    }
    guard start + 2 == bytes.count, !isFirst else { throw .bad("malformed head") }
    return try parser.finished()
  }

  /// Where the line that begins at `start` ends, before its CR LF; nil when a bare LF or CR is met.
  private static func lineEnd(_ bytes: UnsafeRawBufferPointer, from start: Int) -> Int? {
    guard start < bytes.count, let base = bytes.baseAddress,
      let found = memchr(base + start, 0x0A, bytes.count - start)
    else { return nil }
    let feed = UnsafeRawPointer(found) - base
    guard feed > start, bytes[feed - 1] == 0x0D else { return nil }
    return feed - 1
  }

  private mutating func requestLine(_ line: UnsafeRawBufferPointer) throws(HTTPFault) {
    guard let first = line.firstIndex(of: 0x20), let last = line.lastIndex(of: 0x20), first < last else {
      throw .bad("malformed request line")
    }
    let version = UnsafeRawBufferPointer(rebasing: line[(last + 1)...])
    isOld = version.equals("HTTP/1.0")
    guard isOld || version.equals("HTTP/1.1") else {
      throw HTTPFault(status: 505, reason: "only HTTP/1.1 is spoken here")
    }
    head.keepsAlive = !isOld
    head.method = method(UnsafeRawBufferPointer(rebasing: line[..<first]))
    let path = UnsafeRawBufferPointer(rebasing: line[(first + 1)..<last])
    guard path.first == UInt8(ascii: "/"), !path.contains(0x20) else { throw .bad("malformed target") }
    head.route = Route(path: path)
  }

  private func method(_ bytes: UnsafeRawBufferPointer) -> RequestHead.Method {
    if bytes.equals("POST") { return .post }
    if bytes.equals("GET") { return .get }
    if bytes.equals("PUT") { return .put }
    return bytes.equals("DELETE") ? .delete : .other
  }

  private mutating func field(_ line: UnsafeRawBufferPointer) throws(HTTPFault) {
    guard let colon = line.firstIndex(of: UInt8(ascii: ":")), colon > 0, line[0] > 0x20,
      line[colon - 1] > 0x20
    else { throw .bad("malformed header") }
    let name = UnsafeRawBufferPointer(rebasing: line[..<colon])
    let value = trimmed(UnsafeRawBufferPointer(rebasing: line[(colon + 1)...]))
    switch lowered(name[0]) {
    case UInt8(ascii: "a"):
      if name.equalsIgnoringCase("authorization") {
        head.authorization = String(decoding: value, as: UTF8.self)
      } else if name.equalsIgnoringCase("api-key") {
        secret("api-key", value)
      } else if name.equalsIgnoringCase("anthropic-version") {
        head.anthropicVersion = String(decoding: value, as: UTF8.self)
        extra(name, value)
      } else if name.equalsIgnoringCase("anthropic-beta") {
        extra(name, value)
      }
    case UInt8(ascii: "c"): try framing(name, value)
    case UInt8(ascii: "e"):
      if name.equalsIgnoringCase("expect") { head.expectsContinue = value.equalsIgnoringCase("100-continue") }
    case UInt8(ascii: "i"): if name.equalsIgnoringCase("idempotency-key") { extra(name, value) }
    case UInt8(ascii: "t"):
      guard name.equalsIgnoringCase("transfer-encoding") else { return }
      guard value.equalsIgnoringCase("chunked"), !isChunked else { throw .bad("unknown transfer coding") }
      isChunked = true
    case UInt8(ascii: "x"):
      if name.equalsIgnoringCase("x-api-key") { secret("x-api-key", value) }
      if name.equalsIgnoringCase("x-goog-api-key") { secret("x-goog-api-key", value) }
      if name.count > 1, name[1] == UInt8(ascii: "-") { extra(name, value) }
    default: break
    }
  }

  private mutating func framing(
    _ name: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer
  ) throws(HTTPFault) {
    if name.equalsIgnoringCase("content-length") {
      guard let count = decimal(value), length == nil || length == count else {
        throw .bad("bad Content-Length")
      }
      length = count
    } else if name.equalsIgnoringCase("connection") {
      if value.equalsIgnoringCase("close") { head.keepsAlive = false }
      if value.equalsIgnoringCase("keep-alive") { head.keepsAlive = true }
    }
  }

  private mutating func extra(_ name: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer) {
    let text = String(decoding: value, as: UTF8.self)
    let isSecret = name.equalsIgnoringCase("x-api-key") || name.equalsIgnoringCase("x-goog-api-key")
    head.extras.append(
      RequestHead.Header(
        name: String(decoding: name.lazy.map(lowered), as: UTF8.self), value: isSecret ? lastFour(text) : text
      ))
  }

  private mutating func secret(_ name: String, _ value: UnsafeRawBufferPointer) {
    head.secrets.append(RequestHead.Header(name: name, value: String(decoding: value, as: UTF8.self)))
  }

  private func finished() throws(HTTPFault) -> RequestHead {
    if isChunked, length != nil { throw .bad("both Content-Length and Transfer-Encoding") }
    if isChunked, isOld { throw .bad("HTTP/1.0 has no chunks") }
    var head = head
    head.framing = isChunked ? .chunked : .sized(length ?? 0)
    return head
  }
}

private func trimmed(_ value: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer {
  var range = 0..<value.count
  while let first = range.first, value[first] == 0x20 || value[first] == 0x09 {
    range = first + 1..<range.upperBound
  }
  while let last = range.last, value[last] == 0x20 || value[last] == 0x09 { range = range.lowerBound..<last }
  return UnsafeRawBufferPointer(rebasing: value[range])
}

/// At most 15 decimal digits and nothing else.
private func decimal(_ value: UnsafeRawBufferPointer) -> Int? {
  guard !value.isEmpty, value.count <= 15 else { return nil }
  var number = 0
  for byte in value {
    guard byte >= 0x30, byte <= 0x39 else { return nil }
    number = number * 10 + Int(byte - 0x30)
  }
  return number
}
