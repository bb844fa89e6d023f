/// What each replica has in flight, as Redis keeps it: the twin of `loads.lua` (algorithms §3.3).
///
/// Each replica writes its own entry and nobody else's, and one that says nothing counts for nothing soon: so counts can't leak when a
/// replica dies, nor go below zero. Times are Redis' milliseconds.
package struct LoadStore: Sendable {
  /// What a replica told last: `<ms> <sequence> <loads>`.
  package struct Entry: Equatable, Sendable {
    package var at: Int64
    package var sequence: Int64
    package var loads: EndpointLoads

    package init(at: Int64, sequence: Int64, loads: EndpointLoads) {
      (self.at, self.sequence, self.loads) = (at, sequence, loads)
    }

    package var text: String { "\(at) \(sequence) \(loads.text)" }

    /// Reads `text`; nil where it isn't of that form.
    package init?(_ text: String) {
      let words = text.split(separator: " ", maxSplits: 2, omittingEmptySubsequences: false)
      guard words.count == 3, let at = Int64(words[0]), let sequence = Int64(words[1]), at >= 0, sequence >= 0
      else { return nil }
      self.init(at: at, sequence: sequence, loads: EndpointLoads(words[2]))
    }

    /// Whether it still counts. One of the future was written before the clock went back.
    package func isCurrent(at now: Int64) -> Bool {
      now - at < LoadStore.current && at - now <= LoadStore.tolerance
    }
  }

  /// Milliseconds that what a replica told counts: a dead one is forgotten by all within 1.5 s, as they read each fifth of a second.
  package static let current: Int64 = 1_200
  /// Milliseconds after which it is removed.
  package static let kept: Int64 = 10_000
  /// Milliseconds that an entry may lie in the future.
  package static let tolerance: Int64 = 5_000

  package private(set) var entries: [String: Entry] = [:]

  package init() {}

  /// Takes what a replica tells; false where it has told something later before, so that calls may be repeated and overtake each other.
  package mutating func tell(_ loads: EndpointLoads, of replica: String, sequence: Int64, now: Int64) -> Bool
  {
    if let former = entries[replica], former.sequence >= sequence { return false }
    entries[replica] = Entry(at: now, sequence: sequence, loads: loads)
    return true
  }

  /// Removes entries that have not counted for long.
  package mutating func sweep(now: Int64) {
    entries = entries.filter { now - $0.value.at < Self.kept && $0.value.at - now <= Self.tolerance }
  }
}
