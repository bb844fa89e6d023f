/// What all replicas asked of providers for one model over the last minutes: what a rollout will probably cost is estimated from it.
///
/// Each replica tells once a minute, in the minute's first second, what it did in the minute before, as counts of that second: `m.n`
/// requests that were answered, `m.in` and `m.out` tokens, `m.cost` micro-dollars.
package struct ModelTraffic: Equatable, Sendable {
  package private(set) var requests: Int64 = 0
  package private(set) var inputTokens: Int64 = 0
  package private(set) var outputTokens: Int64 = 0
  /// Micro-dollars.
  package private(set) var cost: Int64 = 0
  /// From the first in which anything was told.
  package let minutes: Int

  /// Minutes that are looked at: counts are kept a little longer.
  package static let window = 14
  /// Milliseconds in which replicas tell of a minute.
  private static let patience: Int64 = 5_000

  /// The seconds in which replicas told of the last minutes, the oldest first.
  package static func seconds(now: Int64) -> [Int64] {
    let last = max(0, now - patience) / 60_000
    return (max(0, last - Int64(window) + 1)...last).map { $0 * 60 }
  }

  /// `counts` are those of `seconds`; nil where nobody told anything.
  package init?(_ counts: [[String: Int64]]) {
    guard let first = counts.firstIndex(where: { ($0["m.n"] ?? 0) > 0 }) else { return nil }
    minutes = counts.count - first
    for words in counts[first...] {
      requests += Self.bounded(words["m.n"])
      inputTokens += Self.bounded(words["m.in"])
      outputTokens += Self.bounded(words["m.out"])
      cost += Self.bounded(words["m.cost"])
    }
  }

  private static func bounded(_ count: Int64?) -> Int64 { min(max(0, count ?? 0), ControlRule.most) }

  package static func words(requests: Int64, inputTokens: Int64, outputTokens: Int64, cost: Int64)
    -> [String: Int64]
  {
    let most = ControlCount.mostAmount
    return [
      "m.n": min(requests, most), "m.in": min(inputTokens, most), "m.out": min(outputTokens, most),
      "m.cost": min(cost, most),
    ]
  }

  package var requestsPerDay: Double { Double(requests) * 1_440 / Double(max(1, minutes)) }
}
