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
    /// The position of the model that this is a version of; nil where it is a model itself.
    package var route: Int?
    /// One attempt at it is enough: what follows it is what it is tried against.
    package var isTrial: Bool
    /// Itself and its fallbacks, each once: made here, and not for each request.
    fileprivate var stages: [Stage] = []

    package init(
      name: String, deployments: [Weighted], fallbacks: [Int], attempts: Int, retryPercent: Int,
      route: Int? = nil, isTrial: Bool = false
    ) {
      self.name = name
      self.deployments = deployments
      self.fallbacks = fallbacks
      self.attempts = attempts
      self.retryPercent = retryPercent
      self.route = route
      self.isTrial = isTrial
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
    for (position, model) in models.enumerated() {
      self.models[position].stages = Self.stages(of: position, model, model.fallbacks)
    }
    self.deployments = deployments
    self.positions = positions
    self.defaultModel = defaultModel
  }

  /// A model that may serve an exchange.
  package struct Stage: Sendable, Equatable {
    package var model: Int
    /// How many fallbacks lie before it; 0 is the model that was asked for.
    package var fallback: Int
    /// Only one attempt is made at it before the next one's turn.
    package var isTrial: Bool

    package init(model: Int, fallback: Int, isTrial: Bool = false) {
      (self.model, self.fallback, self.isTrial) = (model, fallback, isTrial)
    }
  }

  /// A deployment that serves an exchange, with the model it stands for.
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

    package var stage: Stage { Stage(model: model, fallback: fallback) }
  }

  /// The model that a position is a version of, or itself: what limits, permissions and rules of the cache go by.
  package func route(of position: Int) -> Int { models[position].route ?? position }

  /// A model, then its fallbacks in order. `allows` leaves out models that the caller may not use. Each is visited once, however
  /// fallbacks point at each other.
  package func stages(for model: Int, allows: (Int) -> Bool) -> [Stage] {
    let all = models[model].stages
    return all.allSatisfy { $0.fallback == 0 || allows(route(of: $0.model)) }
      ? all : all.filter { $0.fallback == 0 || allows(route(of: $0.model)) }
  }

  /// The same with other fallbacks in the place of the model's own. A version on trial is still followed by what it is tried against.
  package func stages(for model: Int, fallbacks: [Int]?, allows: (Int) -> Bool) -> [Stage] {
    guard let fallbacks else { return stages(for: model, allows: allows) }
    let entry = models[model]
    let all = Self.stages(
      of: model, entry, (entry.isTrial ? Array(entry.fallbacks.prefix(1)) : []) + fallbacks)
    return all.filter { $0.fallback == 0 || allows(route(of: $0.model)) }
  }

  private static func stages(of position: Int, _ model: Model, _ fallbacks: [Int]) -> [Stage] {
    var seen: Set<Int> = [position]
    let fallbacks = fallbacks.enumerated().filter { seen.insert($0.element).inserted }
    return [Stage(model: position, fallback: 0, isTrial: model.isTrial)]
      + fallbacks.map { Stage(model: $0.element, fallback: $0.offset + 1) }
  }
}
