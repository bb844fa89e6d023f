/// What a client has told, so that nothing is told twice and an outage is a few lines, not one per attempt.
struct NewsJournal {
  private var isUp = false
  private var primary: String?
  private var reasons = ReasonJournal()

  mutating func isNew(_ news: RedisClient.News) -> Bool {
    switch news {
    case .up:
      reasons.clear()
      defer { isUp = true }
      return !isUp
    case .down:
      defer { isUp = false }
      return isUp
    case .failed(let reason): return reasons.isNew(reason)
    case .primary(let address):
      defer { primary = address }
      return primary != address
    }
  }
}

/// Reasons of one outage that were told: each once, and a few at most.
struct ReasonJournal {
  static let maximumReasons = 4

  private var reasons: Set<String> = []

  mutating func isNew(_ reason: String) -> Bool {
    reasons.count < Self.maximumReasons && reasons.insert(reason).inserted
  }

  /// The outage is over.
  mutating func clear() { reasons = [] }
}
