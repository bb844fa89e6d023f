package import NIOCore
package import Policy

/// Writes the head of a response into a `ByteBuffer`, in one piece and without a copy. What bears on the message's end
/// and the connection is written here alone; the other headers come from the caller and are checked.
package struct HTTP1ResponseWriter: Sendable {
  /// How the client finds the body's end.
  package enum Framing: Sendable, Equatable {
    case length(Int)
    case chunked
    /// The connection is closed behind the body, for HTTP/1.0 clients when the length is not known.
    case untilClose
  }

  /// Headers that were not written since this writer was made, for the log and a counter: see `HTTP1FieldWriter`.
  package private(set) var dropped = 0
  /// What the longest head so far needed.
  private var capacity = 1024

  package init() {}

  /// Writes a head whose headers are those that `fields` adds. `fields` may be called twice.
  ///
  /// A status outside of 200...999 is written as 502: something else came from upstream than a final answer. The
  /// statuses 204 and 304 have no body, so `framing` is not told with them. `keepAlive` is whether the connection
  /// stays open behind this response, which it never does with `.untilClose`. `minorVersion` is that of the request:
  /// HTTP/1.0 must be told about a connection that stays open and cannot read `.chunked`.
  @inline(__always)
  package mutating func head(
    status: Int, framing: Framing, keepAlive: Bool, minorVersion: UInt8 = 1, date: HTTPDate,
    into buffer: inout ByteBuffer, fields: (inout HTTP1FieldWriter) -> Void
  ) {
    precondition(framing != .chunked || minorVersion == 1, "HTTP/1.0 has no chunks")
    let status = status >= 200 && status <= 999 ? status : 502
    while true {
      var isWritten = false
      buffer.writeWithUnsafeMutableBytes(minimumWritableBytes: capacity) { target in
        var writer = HTTP1FieldWriter(lines: RawWriter(target))
        writer.lines.write(statusLine: status, date)
        fields(&writer)
        writer.lines.write(framing, status: status, keepAlive: keepAlive, minorVersion: minorVersion)
        isWritten = writer.lines.isComplete
        if isWritten { dropped &+= writer.dropped } else { capacity = writer.lines.needed }
        return isWritten ? writer.lines.needed : 0
      }
      if isWritten { return }
    }
  }

  /// Writes a head with these headers.
  package mutating func head(
    status: Int, headers: [(name: String, value: String)], framing: Framing, keepAlive: Bool,
    minorVersion: UInt8 = 1, date: HTTPDate, into buffer: inout ByteBuffer
  ) {
    head(
      status: status, framing: framing, keepAlive: keepAlive, minorVersion: minorVersion, date: date,
      into: &buffer
    ) { writer in
      for header in headers { writer.add(named: header.name, header.value) }
    }
  }
}

extension RawWriter {
  fileprivate mutating func write(statusLine status: Int, _ date: HTTPDate) {
    if let line = HTTPStatusLine.known(status) {
      write(line)
    } else {
      write("HTTP/1.1 ")
      write(decimal: status)
      write(" \r\n")
    }
    date.line.withUnsafeBytes { write(ByteRun($0)) }
  }

  /// Writes what `HTTP1ResponseWriter` keeps to itself, and the empty line.
  fileprivate mutating func write(
    _ framing: HTTP1ResponseWriter.Framing, status: Int, keepAlive: Bool, minorVersion: UInt8
  ) {
    switch framing {
    case _ where status == 204 || status == 304: break
    case .length(let length):
      write("content-length: ")
      write(decimal: length)
      write("\r\n")
    case .chunked: write("transfer-encoding: chunked\r\n")
    case .untilClose: break
    }
    if !keepAlive || framing == .untilClose {
      write("connection: close\r\n\r\n")
    } else {
      write(minorVersion == 0 ? "connection: keep-alive\r\n\r\n" : "\r\n")
    }
  }
}
