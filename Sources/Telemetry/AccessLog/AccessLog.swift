/// One worker's end of the access log: lines gather in a buffer, which is handed to the writer when it is full or when
/// the worker says so (every 100 ms and once before the writer closes).
///
/// Touched on the worker's loop alone. Appending takes no lock and allocates nothing, except once for each buffer.
package final class AccessLog {
  /// Bytes after which a buffer is handed over.
  static let handover = 32 * 1_024
  static let capacity = handover + AccessLogRecord.maximumLine

  private let writer: AccessLogWriter
  private var buffer: [UInt8]
  private var used = 0
  private var lines = 0
  private var timestamp = Timestamp()

  package init(writer: AccessLogWriter) {
    self.writer = writer
    buffer = writer.emptyBuffer()
  }

  /// Adds the record's line; never blocks, and drops only when the writer is far behind.
  package func append(_ record: AccessLogRecord) {
    used = buffer.withUnsafeMutableBufferPointer { memory in
      var line = JSONWriter(memory, count: used)
      record.write(to: &line, &timestamp)
      return line.count
    }
    lines += 1
    if used >= Self.handover { flush() }
  }

  /// Hands over what there is.
  package func flush() {
    guard used > 0 else { return }
    if writer.submit(buffer, used: used, lines: lines) { buffer = writer.emptyBuffer() }
    used = 0
    lines = 0
  }
}
