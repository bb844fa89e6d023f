extension AccessLogRecord {
  /// No line is longer: 25 texts, 17 integers, and 1 KiB for the names.
  static let maximumLine =
    25 * JSONWriter.bound(ofString: maximumText) + 17 * JSONWriter.boundOfInteger + 1_024

  /// Writes the record as one JSON object and a newline.
  func write(to writer: inout JSONWriter, _ timestamp: inout Timestamp) {
    writeMembers(to: &writer, &timestamp, namesClient: true)
    writer.raw("}\n")
  }

  /// All but the end of the object.
  @inline(__always)
  func writeMembers(to writer: inout JSONWriter, _ timestamp: inout Timestamp, namesClient: Bool) {
    writer.raw("{\"ts\":\"")
    timestamp.write(wallMilliseconds, to: &writer)
    writer.raw("\"")
    writeRequest(to: &writer, namesClient: namesClient)
    writeRoute(to: &writer)
    writeUsage(to: &writer)
    writeTimes(to: &writer)
    writeOutcome(to: &writer)
  }

  private func writeRequest(to writer: inout JSONWriter, namesClient: Bool) {
    writer.field(",\"request_id\":", requestID)
    if namesClient { writer.field(",\"client\":", client) }
    writer.field(",\"method\":", method)
    writer.field(",\"path\":", path)
    writer.field(",\"status\":", Int64(status))
    writer.field(",\"tenant\":", tenant)
    writer.field(",\"key_id\":", keyID)
  }

  private func writeRoute(to writer: inout JSONWriter) {
    writer.field(",\"model\":", model)
    writer.field(",\"version\":", version)
    writer.field(",\"arm\":", arm)
    writer.field(",\"experiment\":", experiment)
    writer.field(",\"rule\":", rule)
    writer.field(",\"ensemble\":", ensemble)
    writer.field(",\"ensemble_end\":", ensembleEnd)
    writer.field(",\"steered\":", steered)
    writer.field(",\"choice\":", choice)
    writer.field(",\"propensity_millionths\":", propensity)
    writer.field(",\"data_class\":", dataClass)
    writer.field(",\"deployment\":", deployment)
    writer.field(",\"provider\":", provider)
    writer.field(",\"endpoint\":", endpoint)
    writer.field(",\"attempts\":", Int64(attempts))
    writer.field(",\"hedge\":", hedge)
    writer.raw(isFallback ? ",\"fallback\":true" : ",\"fallback\":false")
    writer.raw(isStream ? ",\"stream\":true" : ",\"stream\":false")
  }

  private func writeUsage(to writer: inout JSONWriter) {
    writer.field(",\"input_tokens\":", inputTokens)
    writer.field(",\"output_tokens\":", outputTokens)
    writer.field(",\"cached_tokens\":", cachedTokens)
    writer.field(",\"cost_microdollars\":", costMicrodollars)
  }

  private func writeTimes(to writer: inout JSONWriter) {
    writer.field(",\"duration_us\":", durationMicroseconds)
    writer.field(",\"ttfb_us\":", firstByteMicroseconds)
    writer.field(",\"upstream_us\":", upstreamMicroseconds)
    writer.field(",\"queue_us\":", queueMicroseconds)
    writer.field(",\"queue_class\":", queueClass)
    writer.field(",\"bytes_in\":", bytesIn)
    writer.field(",\"bytes_out\":", bytesOut)
  }

  private func writeOutcome(to writer: inout JSONWriter) {
    writer.field(",\"error_type\":", errorType)
    if errorSource != .none { writer.field(",\"error_source\":", errorSource.rawValue) }
    writer.field(",\"upstream_request_id\":", upstreamRequestID)
    writer.field(",\"finish_reason\":", finishReason)
    writer.field(",\"cache\":", cache)
    writer.raw(isClientGone ? ",\"client_gone\":true" : ",\"client_gone\":false")
  }
}

extension JSONWriter {
  /// A comma, a name and a text; nothing when it is nil.
  @inline(__always)
  mutating func field(_ name: StaticString, _ value: String?) {
    guard let value else { return }
    raw(name)
    string(value, limit: AccessLogRecord.maximumText)
  }

  /// A comma, a name and a number; nothing when it is nil.
  @inline(__always)
  mutating func field(_ name: StaticString, _ value: Int64?) {
    guard let value else { return }
    raw(name)
    integer(value)
  }
}
