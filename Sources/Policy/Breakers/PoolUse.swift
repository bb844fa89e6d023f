/// How a pool's endpoints may be used, given their breakers and health checks (algorithms §2.4).
///
/// Where less of the pool's weight is closed than `panic` says, what is open for its rate is used as if it were closed: the rest would
/// only be the next to fall. A cooldown and a refused credential are heeded even so. Where nothing at all is closed there is nothing to
/// protect, and probes decide. An endpoint that fails its checks is left out, as long as another is closed and passes; in a panic, and where
/// all fail theirs, the checks say more of themselves.
package struct PoolUse: Equatable, Sendable {
  package enum Use: Equatable, Sendable {
    case open(weight: Double)
    /// With a permit alone.
    case ask(BreakerView.Keeper, weight: Double)
    /// With a permit where there is one to be had, and without one too: a panic, which would never end if nothing were probed.
    case askFirst(BreakerView.Keeper, weight: Double)
    case out
  }

  package let uses: [Use]
  package let isPanic: Bool

  package struct Member: Sendable {
    package var weight: Int
    package var view: BreakerView
    package var isHealthy: Bool

    package init(weight: Int, _ view: BreakerView, isHealthy: Bool = true) {
      (self.weight, self.view, self.isHealthy) = (weight, view, isHealthy)
    }
  }

  package init(_ pool: [Member], panic percent: Int64) {
    let all = pool.reduce(0) { $0 + $1.weight }
    let closed = pool.reduce(0) { $0 + ($1.view.standing == .closed && $1.isHealthy ? $1.weight : 0) }
    let isPanic = closed > 0 && closed * 100 < all * Int(percent)
    self.isPanic = isPanic
    uses = pool.map { endpoint in
      let weight = Double(endpoint.weight) * endpoint.view.share
      if !endpoint.isHealthy, closed > 0, !isPanic { return .out }
      switch endpoint.view.standing {
      case .closed: return .open(weight: weight)
      case .half(let keeper):
        return isPanic ? .askFirst(keeper, weight: weight) : .ask(keeper, weight: weight)
      case .open: return isPanic ? .open(weight: weight) : .out
      case .cooling, .barred: return .out
      }
    }
  }
}
