import NIOCore
import NIOPosix
import NIOSSL

/// Opens connections from one event loop, with TLS where that is asked for. Confined to its loop.
///
/// A certificate must be made for the host that was dialled, or for the address that this led to: a cluster's nodes are known by
/// their addresses.
final class RedisDialer {
  let loop: any EventLoop
  /// For a connection, and for each reply of its greeting.
  let timeout: TimeAmount
  private let tls: RedisTLS?
  /// Kept while connections succeed: a renewed CA file is read after one that failed.
  private var context: NIOSSLContext?

  init(on loop: any EventLoop, tls: RedisTLS? = nil, timeout: TimeAmount = .seconds(1)) {
    self.loop = loop
    self.tls = tls
    self.timeout = timeout
  }

  /// Puts a new connection behind an address. A certificate that is refused ends the connection later: see its `error`.
  func dial(_ address: RedisServer.Address, _ connection: RedisConnection) -> EventLoopFuture<any Channel> {
    let bound = NIOLoopBound((dialer: self, connection: connection), eventLoop: loop)
    let bootstrap = ClientBootstrap(group: loop).connectTimeout(timeout)
      .channelInitializer { channel in
        channel.eventLoop.makeCompletedFuture {
          let pipeline = channel.pipeline.syncOperations
          if case .tcp(let host, _) = address, let handler = try bound.value.dialer.encryption(to: host) {
            try pipeline.addHandler(handler)
          }
          // A host with several addresses is tried at each: the connection belongs to the one that is reached.
          if case .unix = address { try pipeline.addHandler(bound.value.connection) }
        }
      }
    switch address {
    case .tcp(let host, let port):
      return bootstrap.channelOption(.tcpOption(.tcp_nodelay), value: 1).connect(host: host, port: port)
        .flatMapThrowing { channel in
          try channel.pipeline.syncOperations.addHandler(bound.value.connection)
          return channel
        }
    case .unix(let path): return bootstrap.connect(unixDomainSocketPath: path)
    }
  }

  /// Has the authorities read again before the next connection.
  func forgetAuthorities() { context = nil }

  /// What a log line says of a connection that failed.
  static func words(for error: any Error) -> String {
    guard let error = error as? NIOConnectionError else { return "\(error)" }
    if let first = error.connectionErrors.first { return "\(first.error)" }
    return "\(error.host) has no address"
  }

  private func encryption(to host: String) throws -> NIOSSLClientHandler? {
    guard let tls else { return nil }
    let context = try self.context ?? Self.context(tls)
    self.context = context
    // Certificates for an address are checked against the one that the socket is connected to.
    let isAddress = (try? SocketAddress(ipAddress: host, port: 0)) != nil
    return try NIOSSLClientHandler(context: context, serverHostname: isAddress ? nil : host)
  }

  private static func context(_ tls: RedisTLS) throws -> NIOSSLContext {
    var configuration = TLSConfiguration.makeClientConfiguration()
    configuration.minimumTLSVersion = .tlsv12
    configuration.certificateVerification = .fullVerification
    // Read here: a context that can't read them leaks half of itself.
    if let file = tls.caFile {
      configuration.trustRoots = .certificates(try NIOSSLCertificate.fromPEMFile(file))
    }
    configuration.shutdownTimeout = .milliseconds(250)  // a server that hangs says no goodbye
    return try NIOSSLContext(configuration: configuration)
  }
}
