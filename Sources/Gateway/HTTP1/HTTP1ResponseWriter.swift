package import NIOCore

/// Writes the head of one response into a `ByteBuffer`: `begin`, any number of `field` and `block`, `end`; or all at
/// once with `head`. What bears on the message's end and the connection is written by `end` alone.
///
/// No response can be split by it: a name that is not a token or is the writer's own business, and a value with a
/// control character, are not written but counted in `dropped`.
package struct HTTP1ResponseWriter: Sendable {
  /// How the client finds the body's end.
  package enum Framing: Sendable, Equatable {
    case length(Int)
    case chunked
    /// The connection is closed behind the body, for HTTP/1.0 clients when the length is not known.
    case untilClose
  }

  /// Headers that were not written since this writer was made.
  package private(set) var dropped = 0
  private var mayHaveBody = true

  package init() {}

  /// Writes the status line and the date. A status outside of 200...999 is written as 502: an interim answer, or
  /// none, came from upstream where a final one is due.
  package mutating func begin(status: Int, date: HTTPDate, into buffer: inout ByteBuffer) {
    let status = (200...999).contains(status) ? status : 502
    mayHaveBody = status != 204 && status != 304
    let line = HTTPStatusLine.known(status)
    let length = HTTPStatusLine.maxLength &+ date.line.count
    buffer.writeWithUnsafeMutableBytes(minimumWritableBytes: length) { target in
      var writer = RawWriter(target)
      if let line { writer.write(line) } else { writer.writeStatusLine(status) }
      date.line.withUnsafeBytes { writer.write($0) }
      return writer.count
    }
  }

  /// Writes a header whose name is a constant: a lower-case token and none that `end` writes.
  @inline(__always)
  package mutating func field(_ name: StaticString, _ value: String, into buffer: inout ByteBuffer) {
    var value = value
    value.withUTF8 { field(name, bytes: UnsafeRawBufferPointer($0), into: &buffer) }
  }

  package mutating func field(_ name: StaticString, _ value: Int, into buffer: inout ByteBuffer) {
    buffer.writeWithUnsafeMutableBytes(minimumWritableBytes: name.utf8CodeUnitCount &+ 24) { target in
      var writer = RawWriter(target)
      writer.write(name)
      writer.write(": ")
      writer.write(decimal: value)
      writer.write("\r\n")
      return writer.count
    }
  }

  package mutating func field(
    _ name: StaticString, bytes value: UnsafeRawBufferPointer, into buffer: inout ByteBuffer
  ) {
    let name = UnsafeRawBufferPointer(start: name.utf8Start, count: name.utf8CodeUnitCount)
    assert(HTTPBytes.isToken(name) && !HTTP1FieldBlock.isReserved(name), "a constant header name is wrong")
    write(name, value, into: &buffer)
  }

  /// Writes a header whose name was not known when this was compiled.
  package mutating func field(named name: String, _ value: String, into buffer: inout ByteBuffer) {
    var (name, value) = (name, value)
    name.withUTF8 { name in
      value.withUTF8 { value in
        field(named: UnsafeRawBufferPointer(name), bytes: UnsafeRawBufferPointer(value), into: &buffer)
      }
    }
  }

  package mutating func field(
    named name: UnsafeRawBufferPointer, bytes value: UnsafeRawBufferPointer, into buffer: inout ByteBuffer
  ) {
    if HTTPBytes.isToken(name), !HTTP1FieldBlock.isReserved(name) {
      write(name, value, into: &buffer)
    } else {
      dropped += 1
    }
  }

  /// Writes headers that were rendered before.
  package mutating func block(_ block: HTTP1FieldBlock, into buffer: inout ByteBuffer) {
    buffer.writeBytes(block.bytes)
  }

  /// Ends the head. `keepAlive` is whether the connection stays open behind this response, which it never does with
  /// `.untilClose`. `minorVersion` is that of the request: HTTP/1.0 must be told about a connection that stays open
  /// and cannot read `.chunked`.
  package mutating func end(
    framing: Framing, keepAlive: Bool, minorVersion: UInt8 = 1, into buffer: inout ByteBuffer
  ) {
    precondition(framing != .chunked || minorVersion == 1, "HTTP/1.0 has no chunks")
    buffer.writeWithUnsafeMutableBytes(minimumWritableBytes: 96) { target in
      var writer = RawWriter(target)
      switch framing {
      case .length(let length) where mayHaveBody:
        writer.write("content-length: ")
        writer.write(decimal: length)
        writer.write("\r\n")
      case .chunked where mayHaveBody: writer.write("transfer-encoding: chunked\r\n")
      case .length, .chunked, .untilClose: break
      }
      if !keepAlive || framing == .untilClose {
        writer.write("connection: close\r\n\r\n")
      } else {
        writer.write(minorVersion == 0 ? "connection: keep-alive\r\n\r\n" : "\r\n")
      }
      return writer.count
    }
  }

  /// Writes a whole head; the parameters are those of `begin`, `field(named:)` and `end`.
  package mutating func head(
    status: Int, headers: [(name: String, value: String)], framing: Framing, keepAlive: Bool,
    minorVersion: UInt8 = 1, date: HTTPDate, into buffer: inout ByteBuffer
  ) {
    begin(status: status, date: date, into: &buffer)
    for header in headers { field(named: header.name, header.value, into: &buffer) }
    end(framing: framing, keepAlive: keepAlive, minorVersion: minorVersion, into: &buffer)
  }

  /// `name` is checked; `value` is not.
  @inline(__always)
  private mutating func write(
    _ name: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer, into buffer: inout ByteBuffer
  ) {
    guard HTTPBytes.isValue(value) else {
      dropped += 1
      return
    }
    buffer.writeWithUnsafeMutableBytes(minimumWritableBytes: name.count &+ value.count &+ 4) { target in
      var writer = RawWriter(target)
      writer.writeField(name, value)
      return writer.count
    }
  }
}
