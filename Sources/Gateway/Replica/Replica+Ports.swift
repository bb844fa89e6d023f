import Glibc
import NIOConcurrencyHelpers
package import NIOCore
import NIOPosix
import Settings
import Synchronization

/// Its two ports, and what has to be known before they open.
extension Replica {
  /// Binds both ports and begins to serve. The addresses that were bound are returned (port 0 chooses one).
  package func listen() async throws -> (data: SocketAddress, admin: SocketAddress) {
    let settings = snapshot.withLockedValue { $0.settings }
    let admin = try await ListenError.naming("admin", settings.admin.host, settings.admin.port) {
      try await AdminServer.bind(self, settings.admin, on: adminLoop)
    }
    adminListener.withLockedValue { $0 = admin }
    // Before the data port: a balancer that asks nobody sends requests as soon as it is open.
    await discover(settings, within: .seconds(5))
    follow()
    await keysAreKnown(within: .seconds(2))
    await versionsAreKnown(within: .milliseconds(500))
    await breakersAreKnown(within: .seconds(1))
    let data = try await ListenError.naming("server", settings.server.host, settings.server.port) {
      try await bind(settings.server)
    }
    listener.withLockedValue { $0 = data }
    phaseValue.store(Phase.ready.rawValue, ordering: .relaxed)
    guard let dataAddress = data.localAddress, let adminAddress = admin.localAddress else {
      throw IOError(errnoCode: EADDRNOTAVAIL, reason: "a listening socket has no address")
    }
    return (dataAddress, adminAddress)
  }

  /// Waits until every worker can judge keys; in vain where the shared state is away, as a replica starts without it too.
  private func keysAreKnown(within patience: Duration) async {
    let end = ContinuousClock.now + patience
    for worker in workers {
      while await !worker.knowsKeys, ContinuousClock.now < end {
        try? await Task.sleep(for: .milliseconds(10))
      }
    }
  }

  /// Applies what is decided of versions, one after the other, until the end.
  private func follow() {
    let changes = rollouts.changes
    Task { [weak self] in
      for await next in changes { await self?.take(next) }
    }
  }

  /// Waits until what was decided is in force; in vain where the shared state is away: nobody is exposed to candidates then.
  private func versionsAreKnown(within patience: Duration) async {
    let end = ContinuousClock.now + patience
    while !rollouts.standing.isKnown, ContinuousClock.now < end {
      try? await Task.sleep(for: .milliseconds(10))
    }
  }

  /// Waits for a way to the shared state, and then until it is known how breakers stand; in vain where it is away. A replica that begins
  /// without calls endpoints that all others leave alone.
  private func breakersAreKnown(within patience: Duration) async {
    let end = ContinuousClock.now + patience
    let snapshot = snapshot.withLockedValue { $0 }
    while !(await meetBreakers(of: snapshot, within: end - .now)), ContinuousClock.now < end {
      try? await Task.sleep(for: .milliseconds(10))
    }
  }

  /// Begins to look for endpoints, and waits for the first answers; in vain where a name server is away.
  private func discover(_ settings: Settings, within patience: Duration) async {
    let discovery = Discovery(surroundings.logger) { [weak self] provider, found in
      await self?.take(found, of: provider)
    }
    self.discovery.withLockedValue { $0 = discovery }
    await discovery.watch(settings.providers)
    let end = ContinuousClock.now + patience
    while !discovery.hasLooked, ContinuousClock.now < end { try? await Task.sleep(for: .milliseconds(10)) }
  }

  private func bind(_ server: Settings.Server) async throws -> any Channel {
    let byLoop = Dictionary(uniqueKeysWithValues: workers.map { (ObjectIdentifier($0.loop), $0) })
    return try await ServerBootstrap(group: loops)
      .serverChannelOption(.backlog, value: 4096)
      .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
      .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
      .childChannelInitializer { channel in
        channel.eventLoop.makeCompletedFuture {
          guard let worker = byLoop[ObjectIdentifier(channel.eventLoop)] else { return }
          try channel.pipeline.syncOperations.addHandler(Connection(worker: worker))
        }
      }
      .bind(host: server.host, port: server.port).get()
  }
}
