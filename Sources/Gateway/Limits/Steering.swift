import Coordination
import Policy
import Settings

/// A budget is nearly spent: a request goes where it costs less, while it still may go anywhere.
struct Steering: Sendable {
  /// The budget.
  let limit: Limit
  /// The model that would serve without.
  let from: Int
  /// The one that does: the same where some of its deployments are cheaper than others.
  let to: Int

  /// As the header and the access log have it.
  var reason: String { "budget" }
}

extension Worker {
  /// Sends a request where it costs less, if a budget of its key says so.
  func steer(_ ruling: inout Ruling, _ facts: RequestFacts, _ principal: Principal, _ exchange: Exchange) {
    guard let group = principal.limits.group(model: ruling.model), let limit = limiter.steering(of: group),
      let steering = exchange.snapshot.steering(
        of: ruling, by: limit, exchange.rule, facts, principal, estimators, at: exchange.beganAt)
    else { return }
    ruling.follow(steering)
    exchange.steering = steering
    limitSeries.count(steeredBy: limit, in: shard)
  }
}

extension Ruling {
  mutating func follow(_ steering: Steering) {
    self.steering = steering
    model = steering.to
  }
}

extension Snapshot {
  /// Where a request goes to cost less: of its model and that one's fallbacks, the one with the cheapest deployment that may serve; the first
  /// of several. Nil where nothing is cheaper than the dearest that may serve it now, and for who asks for a version.
  ///
  /// A deployment without a price counts as the dearest. `now`: milliseconds since 1970.
  func steering(
    of ruling: Ruling, by limit: Limit, _ rule: Int?, _ facts: RequestFacts, _ principal: Principal,
    _ estimators: [String: TokenEstimator], at now: Int64
  ) -> Steering? {
    guard ruling.pin == nil else { return nil }
    let estimator = estimators[models[ruling.model].name] ?? TokenEstimator()
    let (input, output) = (estimator.input(facts), estimator.output(facts))
    func costs(_ position: Int) -> [Int64] {
      table.models[position].deployments.filter { ruling.permitted?.contains($0.position) ?? true }.map {
        price(of: $0.position, at: now)?.cost(input: input, output: output) ?? Int64.max
      }
    }
    let own = costs(versions?.serving(ruling.model) ?? ruling.model)
    var (model, lowest) = (ruling.model, own.min() ?? .max)
    for stage in stages(for: ruling.model, rule: rule, principal) where stage.fallback > 0 {
      guard let cost = costs(stage.model).min(), cost < lowest else { continue }
      (model, lowest) = (table.route(of: stage.model), cost)
    }
    guard lowest < own.max() ?? .max else { return nil }
    return Steering(limit: limit, from: ruling.model, to: model)
  }

  /// What comes behind the model that a budget has steered to: the one that would have served, and its fallbacks, or those of its rule.
  func fallbacks(behind steering: Steering, _ ruled: [Int]?) -> [Int] {
    let from = versions?.serving(steering.from) ?? steering.from
    let all = [from] + (ruled ?? table.models[steering.from].fallbacks)
    return all.filter { table.route(of: $0) != steering.to }
  }
}
