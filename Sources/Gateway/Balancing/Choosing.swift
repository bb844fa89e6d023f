import Dialects
import Policy
import Settings
import Telemetry

/// Load goes where there is room.
extension Worker {
  /// An endpoint of a model, by what all know of its load.
  func choose(
    ofModel model: Int, _ spent: AttemptPlan.Spent, for exchange: Exchange, random: inout Chance
  ) -> AttemptPlan.Place? {
    if exchange.turn == .waits { return nil }
    let view = pools.view(ofModel: model, in: exchange.snapshot)
    var ask = PoolView.Ask(spent: spent, sight: cluster.sight)
    ask.shares = exchange.snapshot.shares(of: view.pool, for: caller(exchange))
    ask.key = view.pool.affinityKey(exchange.head, exchange.facts, tenant: exchange.principal?.tenant)
    ask.isSteered = exchange.steering != nil
    if ask.isSteered || view.pool.balance == .cost, let facts = exchange.facts {
      ask.now = exchange.beganAt
      let estimator = estimators[view.pool.name] ?? TokenEstimator()
      ask.tokens = (estimator.input(facts), estimator.output(facts))
    }
    if view.pool.learned != nil, exchange.attempts == 0 {
      ask.features = exchange.facts.map { ChoiceFeatures($0) }
    }
    let place =
      view.isBounded
      ? chooseWithRoom(view, ask, exchange, &random) : view.choose(ask, random: &random)
    noteDrawn(by: view, ofModel: model, exchange)
    return place
  }

  /// Learns that an endpoint is slower than was known, from an attempt that was given up for another.
  func learnDelay(_ attempt: Attempt, _ snapshot: Snapshot, now: Int64) {
    let pace = snapshot.pace(
      .init(deployment: attempt.step.candidate.deployment, endpoint: attempt.step.endpoint))
    pace.addLower(
      bound: Double(now - attempt.startedAt) / 1_000_000, isStream: attempt.wantsStream, at: now / 1_000_000)
  }

  /// Learns how soon an endpoint answered, from an answer that can be sent.
  func learnPace(_ attempt: Attempt, _ snapshot: Snapshot, now: Int64) {
    let pace = snapshot.pace(
      .init(deployment: attempt.step.candidate.deployment, endpoint: attempt.step.endpoint))
    let milliseconds = Double(now - attempt.startedAt) / 1_000_000
    pace.add(milliseconds, isStream: attempt.kind == .events, at: now / 1_000_000)
  }
}

extension ModelPool {
  /// A hash of what is to stay at one endpoint, each tenant's apart; nil where the request has no such thing.
  func affinityKey(_ head: RequestHead, _ facts: RequestFacts?, tenant: String?) -> UInt64? {
    switch affinity {
    case .none: return nil
    case .session:
      let header = head.withFirst(.xSessionID) { value -> UInt64? in
        guard !value.isEmpty else { return nil }
        var hash = Fingerprint()
        hash.add(value)
        return hash.value
      }
      return Self.keyed(header.flatMap { $0 } ?? facts?.session, tenant)
    case .prefix: return Self.keyed(facts?.prefix, tenant)
    }
  }

  private static func keyed(_ value: UInt64?, _ tenant: String?) -> UInt64? {
    guard let value else { return nil }
    var hash = Fingerprint(value)
    hash.add(tenant ?? "")
    return hash.value
  }
}
