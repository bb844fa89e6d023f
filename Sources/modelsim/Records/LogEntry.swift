/// One request as the log keeps it. Secrets are cut to their last four characters before they come here.
struct LogEntry: Sendable {
  enum Outcome: String, Sendable {
    /// Still being answered.
    case open
    case answered
    /// Refused for a reason of its own: bad JSON, no such model, wrong key.
    case rejected
    /// Spoilt on command.
    case faulted
    /// The client went away before the end.
    case cancelled
  }

  var id: UInt64
  /// Nanoseconds since 1970.
  var time: Int64
  var port: Int
  var path: String
  var model: String
  var isStream: Bool
  var keySuffix: String
  var hasAuthorization: Bool
  var extras: [RequestHead.Header]
  var bodyBytes: Int
  /// The body itself, if bodies are kept.
  var body: String?

  var outcome = Outcome.open
  var status = 0
  var chunks = 0
  var promptTokens = 0
  var completionTokens = 0
  /// Nanoseconds from the request's last byte to the answer's last, or to the client's going.
  var elapsed: Int64 = 0

  var json: JSONValue {
    var members: [JSONValue.Member] = [
      .init(key: "id", value: .int(Int(id))),
      .init(key: "time", value: .thousandths(time / 1_000_000)),
      .init(key: "port", value: .int(port)),
      .init(key: "path", value: .string(path)),
      .init(key: "model", value: .string(model)),
      .init(key: "stream", value: .bool(isStream)),
      .init(key: "authorization", value: .bool(hasAuthorization)),
      .init(key: "key", value: .string(keySuffix)),
      .init(key: "headers", value: .object(extras.map { .init(key: $0.name, value: .string($0.value)) })),
      .init(key: "body_bytes", value: .int(bodyBytes)),
      .init(key: "outcome", value: .string(outcome.rawValue)),
      .init(key: "status", value: .int(status)),
      .init(key: "chunks", value: .int(chunks)),
      .init(key: "prompt_tokens", value: .int(promptTokens)),
      .init(key: "completion_tokens", value: .int(completionTokens)),
      .init(key: "elapsed_ms", value: .thousandths(elapsed / 1000)),
    ]
    if let body { members.append(.init(key: "body", value: .string(body))) }
    return .object(members)
  }
}

/// The last so many requests.
struct RequestLog: Sendable {
  private var ring: [LogEntry] = []
  private var oldest = 0
  let capacity: Int

  init(capacity: Int) {
    self.capacity = capacity
  }

  /// Keeps `entry`, whose id must be greater than those before it.
  mutating func append(_ entry: LogEntry) {
    guard ring.count == capacity else {
      ring.append(entry)
      return
    }
    ring[oldest] = entry
    oldest = oldest + 1 == capacity ? 0 : oldest + 1
  }

  /// Changes entry `id`, if it is still kept.
  mutating func update(_ id: UInt64, _ change: (inout LogEntry) -> Void) {
    guard let first = ring.isEmpty ? nil : ring[oldest].id, id >= first else { return }
    // Ids are consecutive, so that an entry's place follows from its distance to the oldest.
    let distance = Int(id - first)
    guard distance < ring.count else { return }
    let place = oldest + distance
    let index = place < ring.count ? place : place - ring.count
    if ring[index].id == id { change(&ring[index]) }
  }

  /// The entries with an id above `id`, oldest first.
  func entries(since id: UInt64) -> [LogEntry] {
    let ordered = ring[oldest...] + ring[..<oldest]
    return ordered.filter { $0.id > id }
  }

  mutating func removeAll() {
    ring.removeAll()
    oldest = 0
  }
}
