/// A request that somebody wants explained: what a client would send, and as whom.
package struct ExplainAsk: Sendable {
  package enum Who: Equatable, Sendable {
    /// By its id: no secret is needed to ask.
    case key(String)
    /// A key of a tenant that has nothing of its own: no team, no user, no limits, any model.
    case tenant(String)
    /// As `auth.mode: none` takes everybody.
    case anybody
  }

  package var who: Who
  package var path: String
  /// Of the client's headers those that the router reads.
  package var headers: [(name: String, value: String)]
  package var body: [UInt8]

  package static let usualPath = "/v1/chat/completions"
  /// Headers that change where a request goes or what is kept of it. Never a credential.
  package static let headerNames = [
    "anthropic-version", "cache-control", "content-encoding", "openai-beta", "x-data-class", "x-priority",
    "x-max-cost-usd", "x-optimize", "x-request-timeout-ms", "x-session-id", "x-should-retry",
    "x-switchyard-attempt", "x-switchyard-version", "x-task-type", "x-task-value",
  ]

  /// Whether a header may change something: those above, and any that a routing rule may ask for.
  package static func mayMatter(_ name: String) -> Bool {
    let name = name.lowercased()
    return headerNames.contains(name) || !neverRead.contains(name)
  }

  /// Credentials, and what says how the request is sent.
  private static let neverRead: Set = [
    "accept", "accept-encoding", "authorization", "connection", "content-length", "content-type", "cookie",
    "expect",
    "host", "keep-alive", "proxy-authorization", "te", "trailer", "transfer-encoding", "upgrade",
    "user-agent",
    "x-api-key",
  ]

  package init(
    who: Who, path: String = usualPath, headers: [(name: String, value: String)] = [], body: [UInt8]
  ) {
    (self.who, self.path, self.headers, self.body) = (who, path, headers, body)
  }

  /// What can't be explained.
  package enum Refusal: Error, Equatable, Sendable {
    case nobodyNamed
    case noKeysHere
    case unknownKey(String)
    /// Only a replica knows virtual keys.
    case unknownOffline(String)
    case unknownTenant(String)
    case badHead(String)
    case stateAway(String)
  }

  /// The head that a client would send.
  func head() throws(Refusal) -> RequestHead {
    let wanted = headers.filter { Self.mayMatter($0.name) }
    let all =
      [("host", "explained"), ("content-length", "\(body.count)")] + wanted.map { ($0.name, $0.value) }
    do {
      return try RequestHead(method: "POST", target: path, headers: all.map { (name: $0.0, value: $0.1) })
    } catch {
      throw .badHead(error.message)
    }
  }
}

extension ExplainAsk.Refusal: CustomStringConvertible {
  package var description: String {
    switch self {
    case .nobodyNamed: "say who asks: the id of a key, or a tenant"
    case .noKeysHere: "there are no keys here (auth.mode: none): name neither a key nor a tenant"
    case .unknownKey(let id): "there is no key '\(id.prefix(60))'"
    case .unknownOffline(let id):
      "the configuration has no key '\(id.prefix(60))'; virtual keys are known to replicas alone: ask one with --replica"
    case .unknownTenant(let name): "the configuration has no tenant '\(name.prefix(60))'"
    case .badHead(let reason): reason
    case .stateAway(let reason): reason
    }
  }
}
