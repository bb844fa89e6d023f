/// Endpoints of a pool that fail far more often than the rest (Envoy's success-rate outliers, algorithms §2.4): their breakers, whose
/// own rate may be too low to open them, are opened for the base time.
package enum OutlierPass {
  /// Milliseconds from one pass to the next, over all replicas.
  package static let period: Int64 = 10_000
  /// Fewer endpoints that have been called enough say nothing of one of them.
  package static let leastEndpoints = 5
  package static let leastCalls: Int64 = 100
  private static let deviations = 1.9
  /// What the success rate has to be below the mean besides: where all do well, the worst one does well too.
  private static let gap = 0.05

  /// The positions of those to open, the worst first. `pool`: what each endpoint's window holds; `notClosed`: how many of them are out
  /// already. No more than one, or a tenth of the pool, is ever out for this.
  package static func outliers(_ pool: [BreakerCounts], notClosed: Int) -> [Int] {
    let rates = pool.enumerated().compactMap { place, counts in counts.successRate.map { (place, rate: $0) } }
    let room = max(1, pool.count / 10) - notClosed
    guard rates.count >= leastEndpoints, room > 0 else { return [] }
    let mean = rates.reduce(0) { $0 + $1.rate } / Double(rates.count)
    let variance = rates.reduce(0) { $0 + ($1.rate - mean) * ($1.rate - mean) } / Double(rates.count)
    let least = mean - max(gap, deviations * variance.squareRoot())
    let worst = rates.filter { $0.rate < least }.sorted { ($0.rate, $0.0) < ($1.rate, $1.0) }
    return worst.prefix(room).map(\.0)
  }
}

extension BreakerCounts {
  /// 0 to 1, of at least `OutlierPass.leastCalls`; nil of fewer. Where there are several callers the one that fails most often is left out:
  /// one caller's trouble is no endpoint's (ruling 2).
  var successRate: Double? {
    var cells = cells.filter { $0.ok + $0.fail > 0 }
    if cells.count > 1, let most = cells.indices.max(by: { cells[$0].fail < cells[$1].fail }),
      cells[most].fail > 0
    {
      cells.remove(at: most)
    }
    let good = cells.reduce(ok) { $0 + $1.ok }
    let calls = cells.reduce(good + fail) { $0 + $1.fail }
    return calls >= OutlierPass.leastCalls ? Double(good) / Double(calls) : nil
  }
}
