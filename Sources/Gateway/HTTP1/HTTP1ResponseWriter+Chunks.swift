package import NIOCore

/// The body of a chunked response. Size, data and line ends stand side by side in one buffer, so that one write
/// carries them; no function here writes the empty chunk that would end the body, but `lastChunk`.
extension HTTP1ResponseWriter {
  /// A chunk whose size line is still blank.
  package struct OpenChunk: Sendable {
    fileprivate let start: Int
  }

  /// Blank size lines have 8 digits; zeros in front are allowed (RFC 9112 §7.1).
  private static let blank: StaticString = "00000000\r\n"

  /// Writes `data` as one chunk; nothing if it is empty.
  package static func chunk(_ data: UnsafeRawBufferPointer, into buffer: inout ByteBuffer) {
    if data.isEmpty { return }
    buffer.writeWithUnsafeMutableBytes(minimumWritableBytes: data.count + 20) { target in
      var writer = RawWriter(target)
      writer.write(hexadecimal: data.count)
      writer.write("\r\n")
      writer.write(ByteRun(data))
      writer.write("\r\n")
      return writer.needed
    }
  }

  /// Begins a chunk whose data the caller then appends to `buffer`, in any number of pieces. Until `end(_:in:)` the
  /// caller neither reads from `buffer` nor clears it.
  package static func beginChunk(in buffer: inout ByteBuffer) -> OpenChunk {
    let start = buffer.writerIndex
    buffer.writeStaticString(blank)
    return OpenChunk(start: start)
  }

  /// Ends the chunk behind what was appended, or takes it back if nothing was.
  ///
  /// - Returns: bytes of its data.
  @discardableResult
  package static func end(_ chunk: OpenChunk, in buffer: inout ByteBuffer) -> Int {
    let dataStart = chunk.start + blank.utf8CodeUnitCount
    let count = buffer.writerIndex - dataStart
    guard count > 0 else {
      buffer.moveWriterIndex(to: chunk.start)
      return 0
    }
    guard let size = UInt32(exactly: count) else { preconditionFailure("a chunk is longer than 4 GiB") }
    for digit in 0..<8 {
      let nibble = UInt8(size >> UInt32(28 - 4 * digit) & 0xF)
      buffer.setInteger(nibble < 10 ? 0x30 + nibble : 0x57 + nibble, at: chunk.start + digit)
    }
    buffer.writeStaticString("\r\n")
    return count
  }

  /// Ends the body.
  package static func lastChunk(into buffer: inout ByteBuffer) {
    buffer.writeStaticString("0\r\n\r\n")
  }

  /// Asks a client that expects it to send the body. It precedes the head, at most once.
  package static func continue100(into buffer: inout ByteBuffer) {
    buffer.writeStaticString("HTTP/1.1 100 Continue\r\n\r\n")
  }
}
