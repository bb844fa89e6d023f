import Coordination
import Dialects
import Policy
import Settings

/// What a configuration says of the cache.
struct CacheRules: Sendable {
  struct Model: Sendable {
    var cached: Settings.Cached
    /// Who answers, by name: an answer of another version is none of this one.
    var version: String
  }

  /// Bytes of a request's body: reading a larger one twice would hold up the loop.
  static let largestRequest = 256 << 10
  /// A body may have so many times the bytes of what is stored of it.
  private static let expansion = 8

  let policy: CachePolicy
  let prefix: String
  /// By the position of a model, or of a version.
  let models: [Model]

  /// Bytes of an answer before it is encoded.
  var largestAnswer: Int { policy.maxBody * Self.expansion }

  /// Nil where nothing is kept.
  init?(_ settings: Settings, _ versions: VersionTable? = nil) {
    guard let cache = settings.cache else { return nil }
    policy = CachePolicy(
      ttl: cache.ttl, scope: CachePolicy.Scope(cache.scope), maxBody: cache.maxBody.count,
      staleWhileRevalidate: cache.staleWhileRevalidate, staleIfError: cache.staleIfError,
      negativeTTL: cache.negativeTTL)
    prefix = settings.state.keyPrefix
    let deployments = Dictionary(uniqueKeysWithValues: settings.deployments.map { ($0.name, $0) })
    let configured = settings.models.map { model in
      let parts = model.deployments.compactMap { deployments[$0.name] }.map(Self.words)
      return Model(cached: model.cached, version: parts.sorted().joined(separator: "\n"))
    }
    models =
      configured
      + (versions?.entries ?? []).map { entry in
        let deployment = settings.deployments[entry.deployment]
        return Model(
          cached: configured[entry.route].cached,
          version: "\(Self.words(deployment))\n\(entry.bundle.cacheWords)")
      }
  }

  private static func words(_ deployment: Settings.Deployment) -> String {
    "\(deployment.name) \(deployment.provider) \(deployment.model)"
  }

  /// What an answer to this request depends on besides its body.
  func identity(
    _ facts: RequestFacts, model: Int, named name: String, within words: String?, beta: String?,
    _ principal: Principal
  ) -> CacheIdentity {
    let (tenant, user): (String?, String?) =
      switch policy.scope {
      case .tenant: (principal.tenant, nil)
      case .user: (principal.tenant, principal.user.map { "user " + $0 } ?? "key " + principal.key)
      case .shared: (nil, nil)
      }
    return CacheIdentity(
      tenant: tenant, user: user, surface: facts.surface, model: name,
      version: models[model].version + (words.map { "\n\($0)" } ?? ""),
      form: facts.stream ? facts.includesUsage ? .streamWithUsage : .stream : .plain, beta: beta)
  }
}

extension CacheRules {
  /// Where the answer to a request is kept, or why it is not.
  enum Place {
    case at(CacheKeys, CanonicalFacts)
    case nowhere(Reason)
  }

  enum Reason: String {
    case model = "the model keeps no answers (cache: none)"
    case noStore = "the request says Cache-Control: no-store"
    case severalChoices = "it asks for several choices"
    case largeRequest = "its body is larger than 256 KiB"
    case unreadable = "it has no canonical form"
    case effects = "it offers tools, or has the provider keep something"
    case chance = "its answer is left to chance: send temperature 0 or a seed"
    case tenant = "the tenant's name allows no key"
    case dataClass = "it has a data class"
    case ensemble = "several models are asked for its answer"
  }

  /// `canonical` is room for the canonical request; `words` are what answers depend on besides: an answer by who may not serve this
  /// request is none of its.
  func place(
    _ body: PaddedBytes, _ facts: RequestFacts, _ principal: Principal, model: Int, named name: String,
    within words: String?, _ directives: CacheDirectives, beta: @autoclosure () -> String?, _ peek: Peek,
    _ canonical: PaddedBytes
  ) -> Place {
    let cached = models[model].cached
    if cached == .none { return .nowhere(.model) }
    if directives.noStore { return .nowhere(.noStore) }
    if facts.choices != 1 { return .nowhere(.severalChoices) }
    if body.count > Self.largestRequest { return .nowhere(.largeRequest) }
    canonical.removeAll(keepingCapacity: Self.largestRequest)
    guard let found = try? peek.canonical(body, surface: facts.surface, into: canonical) else {
      return .nowhere(.unreadable)
    }
    if found.offersTools || found.hasEffects { return .nowhere(.effects) }
    guard found.isDeterministic || cached == .all else { return .nowhere(.chance) }
    let identity = identity(facts, model: model, named: name, within: words, beta: beta(), principal)
    let keys = canonical.withUnsafeBytes { identity.keys(for: $0, prefix: prefix) }
    return keys.map { .at($0, found) } ?? .nowhere(.tenant)
  }
}

extension Bundle {
  /// What answers of a version depend on.
  fileprivate var cacheWords: String {
    let parameters = parameters.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value.text)" }
    return "version \(version)\nprompt \(prompt?.sha256.text ?? "-")\n\(parameters.joined(separator: "\n"))"
  }
}

extension CachePolicy.Scope {
  fileprivate init(_ scope: Settings.Cache.Scope) {
    self =
      switch scope {
      case .tenant: .tenant
      case .user: .user
      case .shared: .shared
      }
  }
}
