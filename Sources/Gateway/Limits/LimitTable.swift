import Policy
import Settings

/// Turns the limits of a configuration into groups: one for each hash tag that an exchange, or one of its attempts, touches.
///
/// Keys are `sy:{<tag>}:<kind>:<whom>:<measure>:<window>`; tags `t:<tenant>`, `m:<model>`, `d:<deployment>` and
/// `p:<provider>/<credential>`. Of two limits that would have the same key, the one nearer to the API key holds: a key's before its
/// team's, a team's before the tenant's.
struct LimitTable: Sendable {
  private let prefix: String
  private let modelNames: [String]
  /// By model: what all tenants together may use.
  let models: [LimitGroup?]
  let deployments: [LimitGroup?]
  private let providers: [String: [Settings.Limit]]
  /// Whether there is any limit of a model, a deployment or a credential.
  let isOfAttempts: Bool

  init(_ settings: Settings) {
    prefix = settings.state.keyPrefix
    modelNames = settings.models.map(\.name)
    let prefix = prefix
    models = settings.models.map { model in
      Self.group(model.limits, tag: "\(prefix):{m:\(model.name)}", of: "model \(model.name)", label: "model")
    }
    deployments = settings.deployments.map { deployment in
      Self.group(
        deployment.limits, tag: "\(prefix):{d:\(deployment.name)}", of: "its capacity", label: "deployment")
    }
    providers = Dictionary(
      uniqueKeysWithValues: settings.providers.filter { !$0.limits.isEmpty }.map { ($0.name, $0.limits) })
    isOfAttempts = !providers.isEmpty || models.contains { $0 != nil } || deployments.contains { $0 != nil }
  }

  /// What one credential of a provider may use.
  func credential(_ number: Int, of provider: String) -> LimitGroup? {
    Self.group(
      providers[provider] ?? [], tag: "\(prefix):{p:\(provider)/\(number + 1)}", of: "its capacity",
      label: "credential")
  }

  private static func group(_ limits: [Settings.Limit], tag: String, of name: String, label: String)
    -> LimitGroup?
  {
    guard !limits.isEmpty else { return nil }
    return LimitGroup(
      prefix: tag, limits: limits.map { $0.compiled(tag: tag, whom: nil, of: name, label: label) })
  }

  // MARK: Tenants

  /// What a key of a tenant is subject to, by the model that is asked for.
  func limits(of key: Settings.Key, team: Settings.Team?, in tenant: Settings.Tenant) -> KeyLimits {
    let places: [(owner: Owner, limits: [Settings.Limit])] = [
      (.tenant, tenant.limits), (.team(team?.name ?? ""), team?.limits ?? []), (.key(key.id), key.limits),
    ]
    guard places.contains(where: { !$0.limits.isEmpty }) else { return .none }
    let tag = "\(prefix):{t:\(tenant.name)}"
    let group = { (model: String?) -> LimitGroup? in
      var limits: [String: Limit] = [:]
      var order: [String] = []
      for (owner, written) in places {
        for limit in written {
          guard let subject = Subject(owner, limit.by, key, team?.name, tenant.name, model) else { continue }
          let limit = limit.compiled(tag: tag, whom: subject.key, of: subject.name, label: subject.label)
          if limits.updateValue(limit, forKey: limit.key) == nil { order.append(limit.key) }
        }
      }
      return order.isEmpty ? nil : LimitGroup(prefix: tag, limits: order.compactMap { limits[$0] })
    }
    let isByModel = places.contains { $0.limits.contains { $0.by == .model } }
    return KeyLimits(always: group(nil), byModel: isByModel ? modelNames.map { group($0) } : [])
  }
}

/// At whom the configuration has a limit.
private enum Owner {
  case tenant
  case team(String)
  case key(String)
}

/// Who shares a limit.
private struct Subject {
  /// `team:search`, as keys have it.
  var key: String
  /// `team search`, as clients are told.
  var name: String
  var label: String

  /// Nil where the key has no such thing: no team, no user, no model asked for.
  init?(
    _ owner: Owner, _ by: Settings.Limit.Scope, _ apiKey: Settings.Key, _ team: String?, _ tenant: String,
    _ model: String?
  ) {
    let within: (key: String, name: String, label: String) =
      switch owner {
      case .tenant: ("", "", "")
      case .team(let team): ("team:\(team):", " in team \(team)", "team-")
      case .key(let key): ("key:\(key):", " with key \(key)", "key-")
      }
    switch by {
    case .tenant: self.init(key: "tenant:\(tenant)", name: "tenant \(tenant)", label: "tenant")
    case .team:
      guard let team else { return nil }
      self.init(key: "team:\(team)", name: "team \(team)", label: "team")
    case .key: self.init(key: "key:\(apiKey.id)", name: "key \(apiKey.id)", label: "key")
    case .user:
      guard let user = apiKey.user else { return nil }
      self.init(
        key: "\(within.key)user:\(user)", name: "user \(user)\(within.name)", label: "\(within.label)user")
    case .model:
      guard let model else { return nil }
      self.init(
        key: "\(within.key)model:\(model)", name: "model \(model)\(within.name)",
        label: "\(within.label)model")
    case .deployment, .credential: return nil  // of places that have no tenant
    }
  }

  private init(key: String, name: String, label: String) {
    self.key = key
    self.name = name
    self.label = label
  }
}

extension Settings.Limit {
  /// How long a slot is held without being renewed, in milliseconds (algorithms §1.4).
  private static let slotLifetime: Int64 = 30_000

  /// The limit as it is applied, kept under the tag for `whom` (`team:search`; nil where the tag says it all).
  fileprivate func compiled(tag: String, whom: String?, of name: String, label: String) -> Limit {
    let measure = amount.measure
    let what = measure.rawValue.replacing("_", with: " ")
    let subject = whom.map { ":\($0)" } ?? ""
    let window = window?.rawValue ?? ""
    let (shape, key): (Limit.Shape, String) =
      switch kind {
      case .slots(let count):
        (.slots(Slots.Rule(count: count, lifetime: Self.slotLifetime)), "\(tag):sem\(subject)")
      case .bucket(let rule): (.bucket(rule), "\(tag):rl\(subject):\(measure.rawValue):\(window)")
      case .budget(let capacity, let calendar):
        (.budget(capacity: capacity, calendar, zone), "\(tag):budget\(subject):\(measure.rawValue):\(window)")
      }
    return Limit(
      path: path,
      name: measure == .concurrent ? "requests at a time of \(name)" : "\(what) per \(window) of \(name)",
      label: [label, measure.rawValue, window].filter { !$0.isEmpty }.joined(separator: "-"),
      measure: measure, shape: shape, outage: outage.policy, key: key, steer: steer)
  }
}

extension Settings.Limit.Outage {
  fileprivate var policy: Limit.Outage {
    switch self {
    case .share: .share
    case .closed: .closed
    case .open: .open
    }
  }
}

extension Settings.Limit.Amount {
  fileprivate var measure: Limit.Measure {
    switch self {
    case .requests: .requests
    case .tokens: .tokens
    case .inputTokens: .inputTokens
    case .outputTokens: .outputTokens
    case .dollars: .dollars
    case .concurrent: .concurrent
    }
  }
}
