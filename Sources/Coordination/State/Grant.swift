package import Policy

/// What an exchange was let through for; to be settled, once, by the limiter that gave it. One that never is stays charged as it was
/// reserved.
// @unchecked Sendable: made, held and settled on one worker's loop; a continuation of that loop carries it from the limiter to its
// exchange.
package final class Grant: @unchecked Sendable {
  /// Where it was taken from.
  enum Source: Equatable {
    case shared
    /// This replica's share, while the shared state was away.
    case local
    /// The stock of a lease of that name.
    case lease(String)
  }

  struct Part {
    var group: LimitGroup
    var admission: Admission
    var source: Source
    var expiry: Expiry
    /// What each limit has left, as far as that is known.
    var left: [Int64]
  }

  /// When the shared state forgets a reservation, in milliseconds by two clocks: past either, it may be gone.
  struct Expiry {
    var monotonic: Int64
    /// The shared state's, which may jump.
    var shared: Int64

    static let never = Expiry(monotonic: .max, shared: .max)
  }

  private(set) var parts: [Part]
  /// Charged beyond what was reserved, while the exchange ran.
  private(set) var extra = Demand.nothing

  init(_ parts: [Part]) { self.parts = parts }

  /// Whether any of it was decided without the shared state.
  package var isLocal: Bool { parts.contains { $0.source == .local } }

  /// Whether it holds a slot of a limit of requests at a time.
  package var holdsSlots: Bool {
    parts.contains { part in
      part.admission.charges.contains { if case .slots = $0.rule { true } else { false } }
    }
  }

  /// Whether the shared state was not asked at all, as everything was leased.
  var isLeased: Bool {
    parts.allSatisfy { if case .lease = $0.source { true } else { false } }
  }

  /// Limits with what they have left.
  package func forEachLimit(_ body: (Limit, _ left: Int64) -> Void) {
    for part in parts {
      for (limit, left) in zip(part.group.limits, part.left) { body(limit, left) }
    }
  }

  func add(_ demand: Demand) {
    extra.inputTokens += demand.inputTokens
    extra.outputTokens += demand.outputTokens
    extra.microdollars += demand.microdollars
  }

  /// The parts, the first time.
  func end() -> [Part] {
    defer { parts = [] }
    return parts
  }
}

/// Why an exchange was not let through.
package struct Refusal: Sendable {
  package let limit: Limit
  /// Milliseconds until it may fit; nil where it never will.
  package let wait: Int64?
  package let left: Int64
  /// The limit is closed while the shared state can't be asked.
  package let isClosed: Bool
  /// Decided without the shared state.
  package let isLocal: Bool
}
