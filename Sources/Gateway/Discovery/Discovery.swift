import Logging
import NIOConcurrencyHelpers
import NIOPosix
import Settings
import Upstream

/// Finds the endpoints of providers that are declared by a name, and looks again from time to time.
///
/// What was found last stays until something else is: neither a name server that is away nor a name without addresses empties a pool.
actor Discovery {
  struct Figures: Sendable {
    var found = 0
    var failed = 0
    /// Endpoints known.
    var endpoints = 0
    /// The last look failed.
    var isFailing = false
  }

  private struct Watch {
    var how: Settings.Discovery
    var task: Task<Void, Never>
  }

  private let logger: Logger
  private let onChange: @Sendable (_ provider: String, _ endpoints: [Settings.Endpoint]) async -> Void
  private var watches: [String: Watch] = [:]
  private var known: [String: [Settings.Endpoint]] = [:]
  /// By provider; for whoever counts.
  nonisolated let figures = NIOLockedValueBox<[String: Figures]>([:])

  /// `onChange` is told of all endpoints of a provider whenever they are others.
  init(
    _ logger: Logger, onChange: @escaping @Sendable (_ provider: String, [Settings.Endpoint]) async -> Void
  ) {
    self.logger = logger
    self.onChange = onChange
  }

  /// Looks for the endpoints of these providers from now on, and of no others.
  func watch(_ providers: [Settings.Provider]) {
    var wanted: [String: Settings.Discovery] = [:]
    for provider in providers { wanted[provider.name] = provider.discovery }
    for (name, watch) in watches where wanted[name] != watch.how {
      watch.task.cancel()
      watches[name] = nil
    }
    for name in known.keys where wanted[name] == nil {
      known[name] = nil
      figures.withLockedValue { $0[name] = nil }
    }
    for (name, how) in wanted where watches[name] == nil {
      figures.withLockedValue { $0[name, default: Figures()].isFailing = false }
      watches[name] = Watch(how: how, task: Task { await self.look(for: name, how) })
    }
  }

  func stop() {
    for watch in watches.values { watch.task.cancel() }
    watches = [:]
  }

  /// Whether each name was looked up at least once, whatever came of it.
  nonisolated var hasLooked: Bool {
    figures.withLockedValue { $0.values.allSatisfy { $0.found + $0.failed > 0 } }
  }

  private func look(for provider: String, _ how: Settings.Discovery) async {
    while !Task.isCancelled {
      let result = await Self.servers(of: how.dns)
      guard !Task.isCancelled else { return }
      switch result {
      case .success(let servers): await take(servers.map { $0.endpoint(how) }, of: provider)
      case .failure(let failure): tell(failure, of: provider)
      }
      // Replicas that began together don't ask together for ever.
      try? await Task.sleep(for: how.every * Double.random(in: 0.9...1.1))
    }
  }

  private func take(_ endpoints: [Settings.Endpoint], of provider: String) async {
    let former = known[provider]
    let wasFailing = figures.withLockedValue { figures in
      let wasFailing = figures[provider, default: Figures()].isFailing
      figures[provider, default: Figures()].isFailing = false
      figures[provider, default: Figures()].endpoints = endpoints.count
      return wasFailing
    }
    if wasFailing { logger.info("endpoints can be looked up again", metadata: ["provider": "\(provider)"]) }
    if former != endpoints {
      known[provider] = endpoints
      let (old, new) = (Set((former ?? []).compactMap(\.address)), Set(endpoints.compactMap(\.address)))
      logger.info(
        "endpoints found",
        metadata: [
          "provider": "\(provider)", "endpoints": "\(endpoints.count)",
          "added": "\(new.subtracting(old).sorted().joined(separator: " "))",
          "removed": "\(old.subtracting(new).sorted().joined(separator: " "))",
        ])
      await onChange(provider, endpoints)
    }
    // Once they are in force: whoever waits for the first look waits for that.
    figures.withLockedValue { $0[provider, default: Figures()].found += 1 }
  }

  /// Told once, until it has gone well again.
  private func tell(_ failure: NameLookup.Failure, of provider: String) {
    let wasFailing = figures.withLockedValue { figures in
      defer {
        figures[provider, default: Figures()].isFailing = true
        figures[provider, default: Figures()].failed += 1
      }
      return figures[provider, default: Figures()].isFailing
    }
    guard !wasFailing else { return }
    logger.warning(
      "endpoints can't be looked up; what was found last stays",
      metadata: [
        "provider": "\(provider)", "reason": "\(failure)", "endpoints": "\(known[provider]?.count ?? 0)",
      ])
  }

  /// On a thread that may block.
  private static func servers(of name: String) async -> Result<[NameLookup.Server], NameLookup.Failure> {
    do {
      return try await NIOThreadPool.singleton.runIfActive {
        Result { () throws(NameLookup.Failure) in try NameLookup.servers(of: name) }
      }
    } catch {
      return .failure(.unknown("\(error)"))  // the process ends
    }
  }
}

extension NameLookup.Server {
  fileprivate func endpoint(_ how: Settings.Discovery) -> Settings.Endpoint {
    var path = how.path
    while path.hasSuffix("/") { path.removeLast() }
    var endpoint = Settings.Endpoint(url: "\(how.scheme.rawValue)://\(bracketed(host)):\(port)\(path)")
    endpoint.address = "\(bracketed(address)):\(port)"
    endpoint.weight = weight
    return endpoint
  }

  private func bracketed(_ host: String) -> String { host.contains(":") ? "[\(host)]" : host }
}

extension Settings {
  /// Fills in what was found of the providers that are declared by a name.
  mutating func fill(_ found: [String: [Endpoint]]) {
    for index in providers.indices where providers[index].discovery != nil {
      providers[index].endpoints = found[providers[index].name] ?? []
    }
  }
}
