import Coordination
import Policy
import Telemetry

extension Replica {
  /// How each breaker stands, and what it has come to.
  func recordBreakers(of snapshot: Snapshot, in shard: MetricsShard) {
    let now = StateClock.monotonicMilliseconds()
    for (deployment, pool) in zip(snapshot.table.deployments, snapshot.breakers.pools) {
      for (item, site) in zip(deployment.endpoints, pool) {
        let (phase, tally) = site.figures(now: now)
        let state = snapshot.breakers.bars[item.position].isSet ? .barred : phase
        let names = (site.deployment, site.endpoint.id)
        shard.set(registry.series(Catalogue.breakerState, names.0, names.1), to: Int64(state.rawValue))
        shard.set(registry.series(Catalogue.breakerPanic, names.0, names.1), to: tally.panic)
        for (phase, count) in tally.transitions {
          shard.set(registry.series(Catalogue.breakerTransitions, names.0, names.1, phase.name), to: count)
        }
        for (result, count) in tally.probes {
          shard.set(registry.series(Catalogue.breakerProbes, names.0, names.1, result), to: count)
        }
      }
    }
  }
}
