import Glibc
package import Logging

/// swift-log's records as one line each on a descriptor, in one `write`, so that lines of several threads
/// never mix.
///
/// For what happens to the replica, never for what happens to one exchange. The message is a constant; what
/// varies is metadata, which become fields of the line.
package struct LineLogHandler: LogHandler {
  package enum Format: String, Sendable, CaseIterable {
    /// One JSON object per line.
    case json
    /// `time LEVEL logger: message key=value`, for people.
    case text
  }

  package var logLevel: Logger.Level
  package var metadata: Logger.Metadata = [:]
  package var metadataProvider: Logger.MetadataProvider?

  private let label: String
  private let format: Format
  private let descriptor: CInt

  /// Lines go to the descriptor, 2 being the standard error. One that it does not take at once is lost: the
  /// log must not stop the program.
  package init(label: String, level: Logger.Level, format: Format, descriptor: CInt = 2) {
    self.label = label
    self.logLevel = level
    self.format = format
    self.descriptor = descriptor
  }

  package subscript(metadataKey key: String) -> Logger.Metadata.Value? {
    get { metadata[key] }
    set { metadata[key] = newValue }
  }

  package func log(event: LogEvent) {
    let line = LogLine(
      wallMilliseconds: SystemClock.wallMilliseconds(), level: event.level, logger: label,
      message: event.message.description, fields: fields(of: event))
    emit(format == .json ? line.json() : line.text())
  }

  /// The record's own metadata win over the logger's, those over the provider's.
  private func fields(of event: LogEvent) -> Logger.Metadata {
    var fields = metadataProvider?.get() ?? [:]
    fields.merge(metadata) { $1 }
    fields.merge(event.metadata ?? [:]) { $1 }
    if let error = event.error { fields["error"] = fields["error"] ?? .string("\(error)") }
    return fields
  }

  /// A reader that lags must not stop a loop: without room the line is lost.
  private func emit(_ line: [UInt8]) {
    var entry = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
    guard poll(&entry, 1, 0) > 0 else { return }
    while write(descriptor, line, line.count) < 0 && errno == EINTR {}
  }
}
