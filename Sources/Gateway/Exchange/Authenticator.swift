import Coordination
import Policy
import Settings

/// Turns an API key into a principal: keys are kept as SHA-256 digests only.
struct Authenticator: Sendable {
  private struct Entry: Sendable {
    var digest: KeyDigest
    var principal: Principal
    /// In `keyIDs`.
    var position: Int
  }

  /// What the configuration says of a key.
  enum Finding {
    /// One of its own, at a place of `keyIDs`.
    case configured(Principal, position: Int)
    /// Written as virtual keys are: the shared state knows it, or nobody.
    case virtual(KeyID, KeyDigest)
    case unknown
  }

  /// By the prefix of the digest.
  private let entries: [UInt64: [Entry]]
  /// With `auth: { mode: none }` everyone is this principal.
  let anyone: Principal?
  /// Of the configuration's keys, each once.
  let keyIDs: [String]
  private let tenants: [String: Settings.Tenant]

  init(_ settings: Settings, _ limits: LimitTable) {
    let models = settings.models.map(\.name)
    let classes = settings.routing.dataClasses.map(\.name)
    anyone =
      settings.auth.mode == .none
      ? Principal(tenant: "default", key: "none", team: nil, tier: nil, models: nil) : nil
    var entries: [UInt64: [Entry]] = [:]
    var ids: [String] = []
    for tenant in settings.tenants {
      for key in tenant.keys {
        guard let digest = KeyDigest(key.sha256) else { continue }
        let principal = Self.principal(key, tenant, tier: tenant.tier, limits, models, classes)
        entries[digest.prefix, default: []].append(
          Entry(digest: digest, principal: principal, position: ids.count))
        ids.append(key.id)
      }
    }
    self.entries = entries
    keyIDs = ids
    tenants = Dictionary(settings.tenants.map { ($0.name, $0) }) { first, _ in first }
  }

  private static func principal(
    _ key: Settings.Key, _ tenant: Settings.Tenant, tier: String?, _ limits: LimitTable, _ models: [String],
    _ classes: [String]
  ) -> Principal {
    Principal(
      tenant: tenant.name, key: key.id, team: key.team, user: key.user, tier: tier,
      models: Self.allowed(key.models.map(Glob.init), models),
      limits: limits.limits(of: key, team: tenant.teams.first { $0.name == key.team }, in: tenant),
      priority: key.priority, pins: key.pins,
      dataClasses: Self.dataClasses(tenant.dataClasses + key.dataClasses, classes))
  }

  /// All of them are among `classes`, the configured ones.
  private static func dataClasses(_ names: [String], _ classes: [String]) -> DataClassSet {
    names.reduce(into: DataClassSet()) { set, name in
      guard let position = classes.firstIndex(of: name) else {
        preconditionFailure("a data class that nobody declared")
      }
      set.insert(DataClassSet(position: position))
    }
  }

  private static func allowed(_ globs: [Glob], _ models: [String]) -> Set<Int>? {
    guard !globs.isEmpty else { return nil }
    return Set(models.indices.filter { position in globs.contains { $0.matches(models[position]) } })
  }

  /// What the configuration says of a key. `key` is what stands behind `Bearer `.
  func find(_ key: UnsafeRawBufferPointer) -> Finding {
    let digest = KeyDigest(of: key)
    if let entry = entries[digest.prefix]?.first(where: { $0.digest == digest }) {
      return .configured(entry.principal, position: entry.position)
    }
    return VirtualKey(key).map { .virtual($0.id, digest) } ?? .unknown
  }

  /// Whom a key of the configuration stands for, by its id, and its place in `keyIDs`.
  func configured(_ id: String) -> (principal: Principal, position: Int)? {
    guard let position = keyIDs.firstIndex(of: id) else { return nil }
    let entry = entries.values.joined().first { $0.position == position }
    return entry.map { ($0.principal, position) }
  }

  /// Whom a key of a tenant stands for that has nothing of its own; nil where there is no such tenant.
  func principal(ofTenant name: String, _ snapshot: Snapshot) -> Principal? {
    guard let tenant = tenants[name] else { return nil }
    return Self.principal(
      Settings.Key(id: Self.anyKey, sha256: []), tenant, tier: tenant.tier, snapshot.limitTable,
      snapshot.settings.models.map(\.name), snapshot.settings.routing.dataClasses.map(\.name))
  }

  /// No key's id.
  static let anyKey = "(any)"

  /// Whom a virtual key's terms stand for; nil where there is no such tenant or data class, or a limit's time
  /// zone is not known on this machine.
  func principal(of id: KeyID, _ terms: KeyTerms, _ snapshot: Snapshot) -> Principal? {
    guard let tenant = tenants[terms.tenant] else { return nil }
    var limits: [Settings.Limit] = []
    for (place, recorded) in terms.limits.enumerated() {
      // Not by the key's id: metrics have it as a label.
      guard let limit = Settings.Limit(recorded, path: "keys.limits[\(place)]") else { return nil }
      limits.append(limit)
    }
    let classes = snapshot.settings.routing.dataClasses.map(\.name)
    // What nobody knows can't be kept from anybody.
    if let name = terms.dataClass, !classes.contains(name) { return nil }
    var key = Settings.Key(
      id: id.description, sha256: [], team: terms.team, user: terms.user, models: terms.models, limits: limits
    )
    key.dataClasses = terms.dataClass.map { [$0] } ?? []
    return Self.principal(
      key, tenant, tier: terms.tier ?? tenant.tier, snapshot.limitTable,
      snapshot.settings.models.map(\.name), classes)
  }
}
