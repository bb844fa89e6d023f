import Coordination
import Policy

/// Looks over the pools of all replicas for endpoints that fail far more often than the rest.
extension BreakerLink {
  /// What the endpoints of one pool have come to, until all are heard of. Confined to the worker's loop.
  private final class Gathering {
    var counts: [BreakerCounts]
    var left: Int

    init(_ count: Int) {
      counts = Array(repeating: BreakerCounts(), count: count)
      left = count
    }
  }

  /// One replica of all does, every ten seconds: whoever asks first.
  func seekOutliers(_ pools: BreakerDesk.Pools) {
    // It is over before the same replica asks again.
    let time = OutlierPass.period - 1_000
    shared.claimOutlierPass(prefix: pools.prefix, for: time) { [weak self] result in
      guard let self, case .success(true) = result else { return }
      for pool in pools.all { gather(pool) }
      shared.flush()
    }
  }

  /// One that can't be read says nothing.
  private func gather(_ pool: [BreakerSite]) {
    let gathering = Gathering(pool.count)
    for (place, site) in pool.enumerated() {
      shared.readWindow(site.keys, site.settings) { [weak self] result in
        if case .success(let counts) = result { gathering.counts[place] = counts }
        gathering.left -= 1
        if gathering.left == 0 { self?.open(gathering.counts, of: pool) }
      }
    }
  }

  private func open(_ counts: [BreakerCounts], of pool: [BreakerSite]) {
    let now = now
    let notClosed = pool.count { $0.view(now: now).standing != .closed }
    for place in OutlierPass.outliers(counts, notClosed: notClosed) {
      pool[place].openAsOutlier(now: now)
      report(pool[place])
    }
  }
}
