/// One worker's end of the access log: lines gather in a buffer, which is handed to the writer when it is
/// full or when the worker says so (every 100 ms and once before the writer closes).
///
/// Touched on the worker's loop alone. Appending takes no lock and allocates nothing, except once for each
/// buffer.
package final class AccessLog {
  /// Bytes after which a buffer is handed over.
  static let handover = 32 * 1_024
  static let capacity = handover + AccessLogRecord.maximumLine

  private let writer: AccessLogWriter
  private var pending: PendingLines

  package init(writer: AccessLogWriter) {
    self.writer = writer
    pending = PendingLines(buffer: writer.emptyBuffer())
  }

  /// Adds the record's line; never blocks, and drops only when the writer is far behind.
  package func append(_ record: borrowing AccessLogRecord) {
    if pending.append(record) >= Self.handover { flush() }
  }

  /// Hands over what there is.
  package func flush() {
    guard pending.used > 0 else { return }
    let isTaken = writer.submit(pending.buffer, used: pending.used, lines: pending.lines)
    pending = PendingLines(buffer: isTaken ? writer.emptyBuffer() : pending.buffer)
  }
}

/// The lines of a buffer that was not handed over yet.
private struct PendingLines {
  var buffer: [UInt8]
  var used = 0
  var lines = 0
  private var timestamp = Timestamp()

  init(buffer: [UInt8]) { self.buffer = buffer }

  /// Adds a line and returns how many bytes there are now.
  mutating func append(_ record: borrowing AccessLogRecord) -> Int {
    used = buffer.withUnsafeMutableBufferPointer { memory in
      var line = JSONWriter(memory, count: used)
      record.write(to: &line, &timestamp)
      return line.count
    }
    lines += 1
    return used
  }
}
