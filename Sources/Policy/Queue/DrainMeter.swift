/// How fast a queue is served, by the last requests that were. What happens while nobody waits says nothing of that, so it counts
/// only from one request to the next that waited behind it.
package struct DrainMeter: Sendable {
  /// Milliseconds after which a request says nothing any more.
  private static let memory: Int64 = 10_000
  private static let least = 3
  private static let most = 256

  private struct Sample {
    var at: Int64
    /// Milliseconds since the one before it.
    var interval: Int64
  }

  private var samples: [Sample] = []
  /// Since when somebody waits to be the next; nil: nobody does.
  private var since: Int64?
  /// It is since one was served, and not since somebody came where nobody waited: that one may be served at any moment.
  private var isWhole = false

  package init() {}

  /// Somebody waits where nobody did.
  package mutating func begin(_ now: Int64) { (since, isWhole) = (now, false) }

  /// One was served.
  package mutating func add(_ now: Int64) {
    if isWhole, let since {
      samples.append(Sample(at: now, interval: max(0, now - since)))
      if samples.count > Self.most { samples.removeFirst(Self.most / 2) }
    }
    (since, isWhole) = (now, true)
  }

  /// Nobody waits any more.
  package mutating func rest() { since = nil }

  /// Milliseconds from one request to the next; nil where too few are known.
  package func interval(_ now: Int64) -> Int64? {
    let recent = samples.drop { now - $0.at > Self.memory }
    guard recent.count >= Self.least else { return nil }
    let since = since.map { max(0, now - $0) } ?? 0
    return (recent.reduce(0) { $0 + $1.interval } + since) / Int64(recent.count)
  }
}
