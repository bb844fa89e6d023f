import Policy
import Telemetry

/// Which arm of an experiment an exchange is in, and what it says of it.
extension Worker {
  /// What serves a request for a model: what its arm says, or the model itself.
  func chooseTarget(
    _ asked: Int, _ facts: RequestFacts, _ principal: Principal, _ exchange: Exchange
  ) -> ExperimentTable.Target {
    let unit = StickyUnit(head: exchange.head, facts: facts, principal: principal, request: exchange.id)
    guard let table = exchange.snapshot.experiments,
      let part = table.part(asked, principal, hash: { unit.hash($0) }),
      exchange.snapshot.mayServe(part, of: table, within: exchange.permitted)
    else { return .init(model: asked) }
    exchange.part = part
    return table.target(of: part)
  }

  /// Every exchange of a session that takes part is told of, however it ended: who is given an arm belongs to it.
  func tellExperiment(_ exchange: Exchange, _ settlement: Settlement) {
    guard let part = exchange.part, let table = exchange.snapshot.experiments else { return }
    let plan = table.entries[part.entry].plan
    rollouts.experiments.add(exchange.tally(part, settlement), unit: part.unit, of: plan.subject)
    shard.increment(
      registry.series(Catalogue.experimentExchanges, plan.name, plan.arms[part.arm].name))
  }

  func addExperiment(_ exchange: Exchange, to fields: inout HTTP1FieldWriter) {
    if let label = exchange.experimentLabel { fields.add("x-switchyard-experiment", label) }
  }
}

extension Exchange {
  /// `bigger=chat-large`; nil where it takes no part in any.
  var experimentLabel: String? {
    guard let part else { return nil }
    return snapshot.experiments?.label(of: part)
  }

  fileprivate func tally(_ part: ExperimentTable.Part, _ settlement: Settlement) -> SessionTally {
    var tally = SessionTally(arm: part.arm)
    let hasFailed = settlement.errorSource == .provider || settlement.errorSource == .switchyard
    tally.add(hasFailed ? 1 : 0, of: .error)
    // What comes from the cache, or from another's answer, took no time of the arm's, and cost nothing.
    guard !answer.isFromCache, !answer.isFollowed else { return tally }
    // What broke, or was left by its client, is paid for all the same.
    if let cost { tally.add(cost, of: .cost) }
    guard settlement.errorSource == .none, !isGone else { return tally }
    tally.add((settlement.durationNanoseconds - answer.queued) / 1_000_000, of: .latency)
    return tally
  }
}

extension VersionDesk {
  /// What was lost of experiments, for the metric.
  func recordExperiments(in shard: MetricsShard, of registry: MetricsRegistry) {
    shard.set(registry.series(Catalogue.experimentLost), to: experiments.lost)
  }
}
