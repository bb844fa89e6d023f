import Policy

/// What was warned of lately, so that a failing endpoint writes a line now and then and not one per request.
struct Notices {
  /// Nanoseconds for which the same notice is not repeated.
  static let interval: Int64 = 30_000_000_000
  /// Notices remembered; beyond them the oldest memory is dropped whole.
  static let limit = 1024

  private struct Key: Hashable {
    var endpoint: String
    var reason: Classification.Reason
  }

  private var last: [Key: Int64] = [:]

  /// Whether an endpoint's failure for this reason is worth a warning; if so, it isn't for the next `interval`.
  mutating func isNews(_ endpoint: String, _ reason: Classification.Reason, now: Int64) -> Bool {
    let key = Key(endpoint: endpoint, reason: reason)
    if let before = last[key], now - before < Self.interval { return false }
    if last.count >= Self.limit { last.removeAll() }
    last[key] = now
    return true
  }
}
