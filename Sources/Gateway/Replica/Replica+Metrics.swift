import Coordination
import NIOConcurrencyHelpers
import Policy
import Synchronization
import Telemetry

/// Everything counted.
extension Replica {
  /// Everything counted, in Prometheus' text format.
  func metrics() async -> String {
    let own = MetricsShard(registry: registry)
    var snapshots: [MetricsSnapshot] = []
    var gauges = WorkerGauges()
    for worker in workers {
      let (snapshot, figures) = await worker.figures()
      snapshots.append(snapshot)
      gauges.add(figures)
    }
    record(gauges, in: own)
    ProcessFigures.read().record(in: own, of: registry)
    return PrometheusText.render(snapshots + [own.snapshot()], of: registry)
  }

  private func record(_ gauges: WorkerGauges, in shard: MetricsShard) {
    let current = snapshot.withLockedValue { $0 }
    var permits = 0
    for endpoint in current.endpoints {
      permits += endpoint.inFlight
      shard.set(registry.series(Catalogue.inflight, endpoint.id), to: Int64(endpoint.inFlight))
    }
    recordBreakers(of: current, in: shard)
    queue.record(current, in: shard, of: registry)
    rollouts.record(current, in: shard, of: registry, now: StateClock.monotonicMilliseconds())
    let values: [(MetricFamily, Int)] = [
      (Catalogue.exchangesActive, shared.exchanges.load(ordering: .relaxed)),
      (Catalogue.bufferedBytes, shared.buffered.load(ordering: .relaxed)),
      (Catalogue.connectionsOpen, gauges.connections), (Catalogue.transfersActive, gauges.transfers),
      (Catalogue.permitsOutstanding, permits), (Catalogue.configEpoch, current.epoch),
      (Catalogue.configRefused, isRefused.load(ordering: .relaxed) ? 1 : 0),
      (Catalogue.draining, phase == .ready ? 0 : 1),
      (Catalogue.accessLogDropped, surroundings.accessLog?.dropped ?? 0),
      (Catalogue.redisMode, gauges.isAlone ? 1 : 0), (Catalogue.replicasKnown, state.replicas),
      (Catalogue.unsettled, gauges.unsettled), (Catalogue.lostSettlements, gauges.lostSettlements),
      (Catalogue.slotsHeld, state.slotsHeld), (Catalogue.cacheFlights, gauges.flights),
      (Catalogue.cacheWaiting, gauges.waiting),
    ]
    for (family, value) in values { shard.set(registry.series(family), to: Int64(value)) }
    shard.set(registry.series(Catalogue.loopLag), to: gauges.lag)
    cluster.record(current, in: shard, of: registry)
    record(gauges.keys, in: shard)
    recordHealth(of: current, in: shard)
    recordControl(in: shard)
    recordChoices(of: current, in: shard)
    recordDiscovery(discovery.withLockedValue { $0 }?.figures.withLockedValue { $0 } ?? [:], in: shard)
    shard.set(
      registry.series(Catalogue.configReloads, "applied"), to: Int64(reloadsApplied.load(ordering: .relaxed)))
    shard.set(
      registry.series(Catalogue.configReloads, "refused"), to: Int64(reloadsRefused.load(ordering: .relaxed)))
    shard.set(registry.series(Catalogue.buildInfo, surroundings.version), to: 1)
  }

  private func recordControl(in shard: MetricsShard) {
    let figures = controlFigures.values
    shard.set(registry.series(Catalogue.controlEpoch), to: figures.epoch)
    shard.set(registry.series(Catalogue.controlResignations), to: figures.resignations)
    let ended = figures.rounds - figures.unfinished
    for (result, count) in [("ended", ended), ("unfinished", figures.unfinished)] {
      shard.set(registry.series(Catalogue.controlRounds, result), to: count)
    }
    for (action, count) in figures.actions {
      shard.set(registry.series(Catalogue.controlActions, action), to: count)
    }
    for (result, count) in figures.asks {
      shard.set(registry.series(Catalogue.controlAsks, result), to: count)
    }
  }

  private func record(_ keys: KeyFigures, in shard: MetricsShard) {
    let results: [(String, Int64)] = [
      ("used", keys.counts.used), ("used_stale", keys.counts.usedStale), ("asked", keys.counts.asked),
      ("waited", keys.counts.waited), ("refused", keys.counts.refused.values.reduce(0, +)),
      ("busy", keys.counts.busy), ("unavailable", keys.counts.unavailable),
    ]
    for (result, count) in results { shard.set(registry.series(Catalogue.keyLookups, result), to: count) }
    shard.set(registry.series(Catalogue.keysKnown), to: Int64(keys.known))
    shard.set(registry.series(Catalogue.keyAge), to: keys.oldest)
  }
}
