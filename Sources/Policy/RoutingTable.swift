/// Models, deployments and endpoints, resolved to positions: what routing reads for each request.
///
/// The ladder is model → deployment → endpoint. Positions are valid within one table only.
package struct RoutingTable: Sendable {
  package struct Model: Sendable {
    package var name: String
    package var deployments: [Weighted]
    /// Positions of other models, tried in order.
    package var fallbacks: [Int]
    /// Attempts of one exchange in all.
    package var attempts: Int
    /// Retries as a share of requests, in percent.
    package var retryPercent: Int
    /// Where there is but one way to go: no drawing, and no array made for each request.
    fileprivate var only: [Candidate]?

    package init(name: String, deployments: [Weighted], fallbacks: [Int], attempts: Int, retryPercent: Int) {
      self.name = name
      self.deployments = deployments
      self.fallbacks = fallbacks
      self.attempts = attempts
      self.retryPercent = retryPercent
    }
  }

  /// A position and its share.
  package struct Weighted: Sendable, Equatable {
    package var position: Int
    package var weight: Int

    package init(position: Int, weight: Int) {
      self.position = position
      self.weight = weight
    }
  }

  package struct Deployment: Sendable {
    package var name: String
    /// Its pool: positions and weights of endpoints.
    package var endpoints: [Weighted]

    package init(name: String, endpoints: [Weighted]) {
      self.name = name
      self.endpoints = endpoints
    }
  }

  package var models: [Model]
  package var deployments: [Deployment]
  /// Names and aliases of models.
  package var positions: [String: Int]
  package var defaultModel: Int?

  package init(models: [Model], deployments: [Deployment], positions: [String: Int], defaultModel: Int?) {
    self.models = models
    for (position, model) in models.enumerated() where model.fallbacks.isEmpty && model.deployments.count == 1
    {
      self.models[position].only = [
        Candidate(model: position, deployment: model.deployments[0].position, fallback: 0)
      ]
    }
    self.deployments = deployments
    self.positions = positions
    self.defaultModel = defaultModel
  }

  /// A deployment that may serve an exchange, with the model it stands for.
  package struct Candidate: Sendable, Equatable {
    package var model: Int
    package var deployment: Int
    /// How many fallbacks lie before it; 0 is the model that was asked for.
    package var fallback: Int

    package init(model: Int, deployment: Int, fallback: Int) {
      self.model = model
      self.deployment = deployment
      self.fallback = fallback
    }
  }

  /// The deployments of a model in the order to try them, then those of its fallbacks. `allows` leaves out models that the
  /// caller may not use. Each model is visited once, however fallbacks point at each other.
  package func candidates(
    for model: Int, allows: (Int) -> Bool, random: inout Chance
  ) -> [Candidate] {
    if let only = models[model].only { return only }
    var order: [Candidate] = []
    append(model, fallback: 0, to: &order, random: &random)
    var seen: Set<Int> = models[model].fallbacks.isEmpty ? [] : [model]
    for (index, fallback) in models[model].fallbacks.enumerated() where seen.insert(fallback).inserted {
      if allows(fallback) { append(fallback, fallback: index + 1, to: &order, random: &random) }
    }
    return order
  }

  private func append(
    _ model: Int, fallback: Int, to order: inout [Candidate], random: inout Chance
  ) {
    var left = models[model].deployments
    while left.count > 1 {
      let index = Self.draw(left, random: &random)
      order.append(Candidate(model: model, deployment: left.remove(at: index).position, fallback: fallback))
    }
    for last in left {
      order.append(Candidate(model: model, deployment: last.position, fallback: fallback))
    }
  }

  /// An index drawn in proportion to the weights; of equal chance where all are 0.
  package static func draw(_ items: [Weighted], random: inout Chance) -> Int {
    let total = items.reduce(0) { $0 + $1.weight }
    guard total > 0 else { return random.below(items.count) }
    var mark = random.below(total)
    for (index, item) in items.enumerated() {
      mark -= item.weight
      if mark < 0 { return index }
    }
    return items.count - 1
  }
}
