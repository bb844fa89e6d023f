import Dialects
import Policy
import Settings
import Upstream

/// One configuration, compiled: what every exchange that began under it reads until its end.
final class Snapshot: Sendable {
  struct Model: Sendable {
    var name: String
    var budget: RetryBudget
    var ledger: RetryLedger
    /// Nil where nothing is hedged.
    var hedges: HedgeDesk?
    var traffic: Traffic
  }

  struct Deployment: Sendable {
    var name: String
    var provider: String
    /// The provider's own name of the model.
    var model: String
    var prices: [Settings.Price]
    var injectsUsage: Bool
    /// Its provider's; nil where that is one of no chats.
    var dialect: ChatDialectName?
    /// By the surfaces of other dialects whose requests it can be sent.
    var translations: [Surface: Translation]
    /// The position of its first endpoint; the others follow.
    var firstEndpoint: Int
    /// Of each endpoint.
    var paces: [Pace]
  }

  /// An endpoint that says how loaded it is, where, and how often it is asked.
  struct Load: Sendable {
    var endpoint: Endpoint
    var path: String
    /// Milliseconds.
    var every: Int64
  }

  /// Grows by one with each configuration applied.
  let epoch: Int
  let settings: Settings
  /// What was decided about versions of models.
  let rollouts: Rollouts
  /// Nil where nothing was, and no experiment compares versions.
  let versions: VersionTable?
  /// Nil where there are none.
  let rules: RuleTable?
  /// Nil where there are none.
  let experiments: ExperimentTable?
  let limits: TimeLimits
  let table: RoutingTable
  /// The configured ones, then versions of them.
  let models: [Model]
  let deployments: [Deployment]
  /// By model: where its exchanges may go.
  let pools: [ModelPool]
  /// Some model's deployments are chosen by what is learned.
  let isLearning: Bool
  /// By the positions that the table's pools name.
  let endpoints: [Endpoint]
  /// By the endpoint's position: requests that it takes at a time; nil where that is all.
  let capacities: [Int?]
  /// Some endpoint takes only so many.
  let isBounded: Bool
  let loads: [Load]
  let authenticator: Authenticator
  /// Nil where no answer is kept.
  let cache: CacheRules?
  /// Nil where no class of data is configured.
  let data: DataRules?
  let limitTable: LimitTable
  /// By the endpoint's position, what its credential may use.
  let credentials: [LimitGroup?]
  /// Surfaces that not all deployments can be sent requests of.
  private let someTake: [(surface: Surface, deployments: DeploymentSet)]
  let breakers: BreakerSites

  /// Compiles `settings`, which have been validated. Endpoints and ledgers of `former` are kept where they are the same.
  ///
  /// `isNews`: somebody has applied them, and they aren't the same with other endpoints or versions.
  init(
    _ settings: Settings, epoch: Int, former: Snapshot?, isNews: Bool = true, rollouts: Rollouts = .none
  ) {
    self.epoch = epoch
    self.settings = settings
    self.rollouts = rollouts
    let versions = VersionTable(settings, rollouts)
    self.versions = versions
    experiments = ExperimentTable(settings, versions)
    limits = TimeLimits(settings.server)
    let addresses = Addresses(settings, former: former)
    let endpoints = addresses.endpoints
    self.endpoints = endpoints
    capacities = addresses.capacities
    isBounded = addresses.capacities.contains { $0 != nil }
    let deployments = settings.deployments.map { Self.deployment($0, settings, addresses, former: former) }
    self.deployments = deployments
    someTake = Surface.allCases.compactMap { surface -> (surface: Surface, deployments: DeploymentSet)? in
      let set = DeploymentSet(count: deployments.count) { deployments[$0].takes(surface) }
      return set == .all(deployments.count) ? nil : (surface, set)
    }
    let known = Dictionary(
      (former?.models ?? []).map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
    let configured = settings.models.map { model in
      let ledger = known[model.name]?.ledger ?? RetryLedger()
      return Model(
        name: model.name, budget: RetryBudget(percent: model.retry.budget), ledger: ledger,
        hedges: model.hedge.map { HedgeDesk(HedgeRule($0), ledger, former: known[model.name]?.hedges) },
        traffic: known[model.name]?.traffic ?? Traffic())
    }
    models = configured + (versions?.entries ?? []).map { configured[$0.route] }
    cache = CacheRules(settings, versions)
    data = DataRules(settings, former: former?.data)
    loads = settings.providers.flatMap { provider -> [Load] in
      guard let load = provider.load else { return [] }
      return (addresses.byProvider[provider.name] ?? []).map {
        Load(endpoint: endpoints[$0.position], path: load.path, every: load.every.nanoseconds / 1_000_000)
      }
    }
    let table = Self.table(settings, addresses, versions)
    self.table = table
    rules = RuleTable(
      settings, table.positions, versions, classNames: settings.routing.dataClasses.map(\.name))
    let pools: [ModelPool] = table.models.enumerated().map { position, entry in
      let version = versions?.entry(at: position)?.version
      return ModelPool(
        settings.models[entry.route ?? position], entry.deployments, table.deployments, endpoints,
        isNear: addresses.isNear, capacities: addresses.capacities,
        former: former?.pool(of: entry.name, version: version), isVersion: entry.route != nil
      ) { deployments[$0.deployment] }
    }
    self.pools = pools
    isLearning = pools.contains { $0.learned != nil }
    let limitTable = LimitTable(settings)
    self.limitTable = limitTable
    credentials = endpoints.map {
      limitTable.credential($0.identity.credential, of: $0.identity.provider)
    }
    authenticator = Authenticator(settings, limitTable)
    breakers = BreakerSites(
      settings, table, endpoints, former: former?.breakers, bars: isNews ? [:] : former?.bars ?? [:])
  }

  /// The pool of a model, or of one of its versions.
  private func pool(of model: String, version: Int?) -> ModelPool? {
    guard let route = settings.models.firstIndex(where: { $0.name == model }) else { return nil }
    guard let version else { return pools[route] }
    return versions?.position(of: version, route: route).map { pools[$0] }
  }

  private var bars: [ObjectIdentifier: CredentialBar] {
    Dictionary(
      zip(endpoints.map { ObjectIdentifier($0) }, breakers.bars), uniquingKeysWith: { first, _ in first })
  }

  /// By the model's name.
  var traffics: [String: Traffic] {
    Dictionary(models.map { ($0.name, $0.traffic) }, uniquingKeysWith: { first, _ in first })
  }

  /// The deployments that can be sent requests of a surface; nil: all.
  func takers(of surface: Surface) -> DeploymentSet? {
    for entry in someTake where entry.surface == surface { return entry.deployments }
    return nil
  }

  /// Whether attempts are limited at all, beyond what keys are.
  var limitsAttempts: Bool {
    limitTable.isOfAttempts
  }

  /// Whether a limit is one of the endpoint's credential: another credential of the same deployment may have room.
  func isOfCredential(_ limit: Limit, at endpoint: Int) -> Bool {
    credentials[endpoint]?.limits.contains { $0.key == limit.key } ?? false
  }

  /// Whether some model's requests stay together by how their prompts begin.
  var usesPrefixes: Bool { pools.contains { $0.affinity == .prefix } }

  /// Whether requests may be changed in more than the model's name.
  var writesMembers: Bool {
    versions != nil || rules?.rules.contains { $0.edits != nil || $0.ensemble?.edits != nil } ?? false
  }

  func pace(_ place: AttemptPlan.Place) -> Pace { deployments[place.deployment].pace(place) }

  /// What a deployment costs at a millisecond since 1970; nil where nobody knows.
  func price(of deployment: Int, at now: Int64) -> Settings.Price? {
    deployments[deployment].prices.inForce(at: now)
  }

  private static func deployment(
    _ deployment: Settings.Deployment, _ settings: Settings, _ addresses: Addresses, former: Snapshot?
  ) -> Deployment {
    let provider = settings.providers.first { $0.name == deployment.provider }
    let pool = addresses.byProvider[deployment.provider] ?? []
    let known = former?.deployments.first { $0.name == deployment.name && $0.model == deployment.model }
    return Deployment(
      name: deployment.name, provider: deployment.provider, model: deployment.model,
      prices: deployment.prices,
      injectsUsage: provider?.streamUsage == .inject,
      dialect: (provider?.dialect).flatMap { ChatDialectName($0) },
      translations: provider.map { Translation.all(to: $0) } ?? [:], firstEndpoint: pool.first?.position ?? 0,
      paces: pool.map { item in
        let endpoint = addresses.endpoints[item.position]
        guard let known, let former,
          let place = known.paces.indices.first(where: {
            former.endpoints[known.firstEndpoint + $0] === endpoint
          })
        else { return Pace() }
        return known.paces[place]
      })
  }

  private static func table(
    _ settings: Settings, _ addresses: Addresses, _ versions: VersionTable?
  ) -> RoutingTable {
    var positions: [String: Int] = [:]
    for (position, model) in settings.models.enumerated() {
      for name in [model.name] + model.aliases { positions[name] = position }
    }
    let deployments = Dictionary(
      uniqueKeysWithValues: settings.deployments.enumerated().map { ($1.name, $0) })
    let models = settings.models.map { model in
      let names = model.fallbacks.isEmpty ? settings.routing.fallbacks : model.fallbacks
      let fallbacks = names.compactMap { positions[$0] }.filter { $0 != positions[model.name] }
      return RoutingTable.Model(
        name: model.name,
        deployments: model.deployments.compactMap { item in
          deployments[item.name].map { .init(position: $0, weight: item.weight) }
        },
        fallbacks: versions?.fallbacks(fallbacks) ?? fallbacks,
        attempts: model.retry.attempts, retryPercent: model.retry.budget)
    }
    return RoutingTable(
      models: models + (versions?.models(models) ?? []),
      deployments: settings.deployments.map { deployment in
        .init(name: deployment.name, endpoints: addresses.byProvider[deployment.provider] ?? [])
      },
      positions: positions,
      defaultModel: settings.routing.defaultModel.flatMap { positions[$0] })
  }
}

extension Snapshot.Deployment {
  func pace(_ place: AttemptPlan.Place) -> Pace { paces[place.endpoint - firstEndpoint] }
}

/// The endpoints of every provider: base URLs × credentials.
private struct Addresses {
  private(set) var endpoints: [Endpoint] = []
  private(set) var byProvider: [String: [RoutingTable.Weighted]] = [:]
  /// By position: whether it stands in this replica's zone, or anywhere.
  private(set) var isNear: [Bool] = []
  private(set) var capacities: [Int?] = []

  init(_ settings: Settings, former: Snapshot?) {
    let known = Dictionary(
      (former?.endpoints ?? []).map { ($0.identity, $0) }, uniquingKeysWith: { first, _ in first })
    let time = settings.server.connectTimeout
    let ids = EndpointNames.ids(
      settings.providers.flatMap { provider in
        provider.endpoints.flatMap { Self.identities(provider, $0, time) }
      })
    let places = Dictionary(
      (former?.endpoints ?? []).map { ($0.identity.place, $0.occupancy) },
      uniquingKeysWith: { first, _ in first })
    for provider in settings.providers {
      for endpoint in provider.endpoints {
        for identity in Self.identities(provider, endpoint, time) {
          byProvider[provider.name, default: []].append(
            .init(position: endpoints.count, weight: endpoint.weight))
          let id = ids[endpoints.count]
          let former = known[identity].flatMap { $0.id == id ? $0 : nil }
          endpoints.append(
            former ?? Endpoint(identity, id: id, places[identity.place] ?? Occupancy()))
          capacities.append(endpoint.maxConcurrent ?? provider.maxConcurrent)
          isNear.append(endpoint.zone == nil || [nil, endpoint.zone].contains(settings.server.zone))
        }
      }
    }
  }

  private static func identities(
    _ provider: Settings.Provider, _ endpoint: Settings.Endpoint, _ connectTimeout: Duration
  ) -> [Endpoint.Identity] {
    let keys: [Secret?] = provider.keys.isEmpty ? [nil] : provider.keys
    return keys.enumerated().map { index, key in
      Endpoint.Identity(
        provider: provider.name, url: endpoint.url, address: endpoint.address, credential: index, key: key,
        caFile: provider.caFile,
        clientCertificateFile: provider.clientCertificateFile, clientKeyFile: provider.clientKeyFile,
        proxy: provider.proxy, connectTimeout: connectTimeout, dialect: provider.dialect,
        apiVersion: provider.apiVersion)
    }
  }
}
