/// How fast a queue is served, by the last requests that were.
package struct DrainMeter: Sendable {
  /// Milliseconds after which a request says nothing any more.
  private static let memory: Int64 = 10_000
  private static let least = 4
  private static let most = 256

  private var moments: [Int64] = []

  package init() {}

  package mutating func add(_ now: Int64) {
    moments.append(now)
    if moments.count > Self.most { moments.removeFirst(Self.most / 2) }
  }

  /// Milliseconds from one request to the next; nil where too few are known.
  package func interval(_ now: Int64) -> Int64? {
    let recent = moments.drop { now - $0 > Self.memory }
    guard recent.count >= Self.least, let first = recent.first else { return nil }
    return max(0, now - first) / Int64(recent.count - 1)
  }
}
