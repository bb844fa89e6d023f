/// The value of `Cache-Status` (RFC 9211): what the cache did for one exchange.
package enum CacheStatus: Equatable, Sendable {
  /// Served from the cache; milliseconds that it stays fresh, negative where it was stale.
  case hit(left: Int64, detail: Detail? = nil)
  /// The provider was asked.
  case forward(Forward, stored: Bool = false, collapsed: Bool = false, detail: Detail? = nil)

  /// Why the provider was asked, by the names of the standard's registry.
  package enum Forward: String, Sendable, CaseIterable {
    /// The cache isn't meant for it: not deterministic, or not configured.
    case bypass
    /// Nothing is stored.
    case miss
    /// What is stored is too old.
    case stale
    /// The client wanted no stored answer, or a fresher one.
    case request
  }

  /// For people who look.
  package enum Detail: String, Sendable, CaseIterable {
    /// Redis didn't answer.
    case unavailable = "UNAVAILABLE"
    case early = "EARLY_REFRESH"
    case stale = "STALE"
    case notStored = "NOT_STORED"
  }

  /// The same, of an answer that will be stored.
  package var storing: CacheStatus {
    guard case .forward(let reason, _, let collapsed, let detail) = self else { return self }
    return .forward(reason, stored: true, collapsed: collapsed, detail: detail)
  }

  /// `key` is the hash's first digits, or nil where none was made.
  package func text(key: String?) -> String {
    var words = ["switchyard"]
    let detail: Detail?
    switch self {
    case .hit(let left, let why):
      words += ["hit", "ttl=\(Self.seconds(left))"]
      detail = why
    case .forward(let reason, let stored, let collapsed, let why):
      words.append("fwd=\(reason.rawValue)")
      if stored { words.append("stored") }
      if collapsed { words.append("collapsed") }
      detail = why
    }
    if let key { words.append("key=\"\(key)\"") }
    if let detail { words.append("detail=\(detail.rawValue)") }
    return words.joined(separator: "; ")
  }

  /// Whole seconds, rounded down: what is said to be fresh is.
  private static func seconds(_ milliseconds: Int64) -> Int64 {
    milliseconds >= 0 ? milliseconds / 1_000 : (milliseconds - 999) / 1_000
  }
}
