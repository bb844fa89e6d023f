/// What is kept of one exchange for whoever asks later why it went where it went: the line of the access log without the client's address,
/// with each attempt, and what was found of the prompt as numbers and words of the configuration. Never a text of the request.
package struct DecisionRecord: Sendable {
  package struct Attempt: Sendable {
    package var deployment: String
    package var endpoint: String
    /// Why it was made: first, retry, fallback or hedge.
    package var reason: String
    /// What it came to; nil where it had not ended.
    package var result: String?
    package var status: Int
    package var microseconds: Int64?

    package init(
      deployment: String, endpoint: String, reason: String, result: String?, status: Int, microseconds: Int64?
    ) {
      (self.deployment, self.endpoint, self.reason) = (deployment, endpoint, reason)
      (self.result, self.status, self.microseconds) = (result, status, microseconds)
    }
  }

  package var attempts: [Attempt] = []
  /// In thousandths; nil where nothing asked for it.
  package var complexity: Int64?
  package var task: String?

  package init() {}

  /// Bytes that one attempt can take: four texts, two numbers and their names.
  private static let boundOfAttempt =
    4 * JSONWriter.bound(ofString: AccessLogRecord.maximumText) + 2 * JSONWriter.boundOfInteger + 128

  /// One JSON object.
  package func text(with record: borrowing AccessLogRecord) -> [UInt8] {
    let bound =
      AccessLogRecord.maximumLine + attempts.count * Self.boundOfAttempt
      + JSONWriter.bound(ofString: AccessLogRecord.maximumText) + 256
    var text = [UInt8](repeating: 0, count: bound)
    var timestamp = Timestamp()
    let count = text.withUnsafeMutableBufferPointer { memory in
      var writer = JSONWriter(memory)
      record.writeMembers(to: &writer, &timestamp, namesClient: false)
      writer.field(",\"complexity_milli\":", complexity)
      writer.field(",\"task\":", task)
      write(attempts, to: &writer)
      writer.raw("}")
      return writer.count
    }
    return Array(text[..<count])
  }

  private func write(_ attempts: [Attempt], to writer: inout JSONWriter) {
    writer.raw(",\"tries\":[")
    for (index, attempt) in attempts.enumerated() {
      if index > 0 { writer.raw(",") }
      writer.raw("{\"reason\":")
      writer.string(attempt.reason, limit: AccessLogRecord.maximumText)
      writer.field(",\"deployment\":", attempt.deployment)
      writer.field(",\"endpoint\":", attempt.endpoint)
      writer.field(",\"result\":", attempt.result)
      writer.field(",\"status\":", Int64(attempt.status))
      writer.field(",\"us\":", attempt.microseconds)
      writer.raw("}")
    }
    writer.raw("]")
  }
}
