import NIOConcurrencyHelpers
import NIOCore
import NIOHTTP1
import NIOPosix
import Synchronization
import TestSupport

/// A provider on a free port and an event loop of its own: it answers each request as its script says.
final class ScriptedProvider: Sendable {
  struct Request: Sendable {
    var target: String
    var fields: HTTPHeaders
    var body: String

    /// The first message's content.
    var prompt: String {
      body.firstRange(of: #""content":""#).map { String(body[$0.upperBound...].prefix { $0 != "\"" }) } ?? ""
    }
    var isStream: Bool { body.contains(#""stream":true"#) }
  }

  enum Behaviour: Sendable {
    /// A plain answer with this content.
    case answer(String)
    case stream(Stream)
    /// A plain answer with this status, fields and body.
    case status(Int, HTTPHeaders, String)
    /// No answer at all; the connection stays open.
    case silence
  }

  /// A streamed answer, each event written once the one before it was taken.
  struct Stream: Sendable {
    enum End: Sendable { case whole, never, cut }

    var count: Int
    var end = End.whole
    /// The number of events after which it waits for `goOn()`.
    var waitsAfter: Int?
    /// Time between two events.
    var pause = TimeAmount.zero
    var content: @Sendable (Int) -> String = { "\($0)" }
    /// What is sent of a content: an event, or a part of one.
    var form: @Sendable (String) -> String = Wire.event
  }

  typealias Script = @Sendable (Request) -> Behaviour

  let port: Int
  private let group: MultiThreadedEventLoopGroup
  private let listener: any Channel
  private let state: ProviderState

  private init(
    port: Int, group: MultiThreadedEventLoopGroup, listener: any Channel, state: ProviderState
  ) {
    (self.port, self.group, self.listener, self.state) = (port, group, listener, state)
  }

  static func start(_ script: @escaping Script) async throws -> ScriptedProvider {
    let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
    let state = ProviderState(script: script, gate: group.next().makePromise())
    let listener = try await ServerBootstrap(group: group)
      .serverChannelOption(.backlog, value: 1024)
      .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
      // Small, so that what a reader doesn't take shows soon.
      .childChannelOption(.socketOption(.so_sndbuf), value: 256 << 10)
      .childChannelInitializer { channel in
        channel.eventLoop.makeCompletedFuture {
          try channel.pipeline.syncOperations.configureHTTPServerPipeline()
          try channel.pipeline.syncOperations.addHandler(ProviderConnection(state: state))
        }
      }
      .bind(host: "127.0.0.1", port: 0).get()
    return ScriptedProvider(
      port: listener.localAddress?.port ?? 0, group: group, listener: listener, state: state)
  }

  /// Closes everything, also what still waits for `goOn()`.
  func stop() async throws {
    try await listener.close()
    goOn()
    try await group.shutdownGracefully()
  }

  /// Lets streams go on that wait, and those that would.
  func goOn() { state.gate.succeed() }

  // MARK: What happened

  var url: String { "http://127.0.0.1:\(port)" }
  var requests: [Request] { state.requests.withLockedValue { $0 } }
  var requestCount: Int { state.requestCount.load(ordering: .relaxed) }
  /// Connections open at this moment.
  var openCount: Int { state.open.load(ordering: .relaxed) }
  /// Events that the kernel has taken, of all streams.
  var eventCount: Int { state.events.load(ordering: .relaxed) }
}

/// What the connections of a provider share.
final class ProviderState: Sendable {
  let script: ScriptedProvider.Script
  let gate: EventLoopPromise<Void>
  let requests = NIOLockedValueBox<[ScriptedProvider.Request]>([])
  let requestCount = Atomic(0)
  let open = Atomic(0)
  let events = Atomic(0)

  init(script: @escaping ScriptedProvider.Script, gate: EventLoopPromise<Void>) {
    (self.script, self.gate) = (script, gate)
  }
}

/// Runs `body` with a provider that plays `script`, and stops it.
func withProvider(
  _ script: @escaping ScriptedProvider.Script, _ body: (ScriptedProvider) async throws -> Void
) async throws {
  let provider = try await ScriptedProvider.start(script)
  do { try await body(provider) } catch {
    try await provider.stop()
    throw error
  }
  try await provider.stop()
}
