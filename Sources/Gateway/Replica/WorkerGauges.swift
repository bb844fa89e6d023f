import Coordination
import Policy
import Telemetry
import Upstream

/// What a worker has at this moment.
struct WorkerGauges: Sendable {
  var connections = 0
  var transfers = 0
  var unsettled = 0
  var lostSettlements = 0
  var flights = 0
  var waiting = 0
  /// Some worker goes on without the shared state.
  var isAlone = false
  var keys = KeyFigures()
  /// Nanoseconds that the slowest loop is behind.
  var lag: Int64 = 0

  mutating func add(_ other: WorkerGauges) {
    connections += other.connections
    transfers += other.transfers
    unsettled += other.unsettled
    lostSettlements += other.lostSettlements
    flights += other.flights
    waiting += other.waiting
    isAlone = isAlone || other.isAlone
    keys.add(other.keys)
    lag = max(lag, other.lag)
  }
}

extension Worker {
  func figures() -> (MetricsSnapshot, WorkerGauges) {
    let gauges = WorkerGauges(
      connections: connectionCount, transfers: upstream.activeCount, unsettled: limiter.waiting,
      lostSettlements: limiter.lostSettlements, flights: desk.flights.count, waiting: desk.waiting,
      isAlone: !limiter.isShared, keys: keys.figures(), lag: shedding.lag.median)
    return (shard.snapshot(), gauges)
  }
}
