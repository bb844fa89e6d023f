import Glibc
import Logging
import NIOCore
import NIOPosix
import Settings
import Synchronization
import Telemetry
import TestSupport
import Testing
import Upstream

@testable import Gateway

/// Tests of a whole replica over real sockets: one after another, since each has threads of its own.
@Suite(.serialized, .timeLimit(.minutes(3))) struct ReplicaTests {}

/// A whole replica on free ports, in front of scripted providers.
struct ReplicaUnderTest: Sendable {
  /// What a test may want to be otherwise.
  struct Options: Sendable {
    var readiness = ReadinessBridge.Mode.automatic
    var workers = 1
    var accessLog: AccessLogWriter?
    /// Longer than any wait of a test: what it ends, ends too late.
    var drainTimeout = Duration.seconds(60)
    /// The section of this name, with which every answer is kept.
    var cache: String?
    /// The section of this name.
    var breaker: String?
    /// The section of this name: without it everybody may call.
    var tenants: String?
    /// The section of this name.
    var routing: String?
    /// What no document would be allowed to say.
    var edit: @Sendable (inout Settings) -> Void = { _ in }
  }

  let replica: Replica
  let port: Int
  private let options: Options

  /// The ways in which readiness can reach a loop on this machine; Linux AIO is refused by some sandboxes.
  static let modes: [ReadinessBridge.Mode] = {
    let loop = MultiThreadedEventLoopGroup.singleton.next()
    let hasAIO = try? loop.submit {
      try ReadinessBridge(loop: loop, mode: .aio).close()
      return true
    }.wait()
    return hasAIO == true ? [.aio, .thread] : [.thread]
  }()

  fileprivate init(_ providers: [ScriptedProvider], _ options: Options) async throws {
    let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
    let surroundings = Replica.Surroundings(
      logger: logger, accessLog: options.accessLog, version: "test", readiness: options.readiness)
    replica = try await Replica(Self.configuration(providers, options), surroundings)
    port = try await replica.listen().data.port ?? 0
    self.options = options
  }

  /// One model `m` at one provider, whose endpoints these are.
  private static func configuration(_ providers: [ScriptedProvider], _ options: Options) throws -> Settings {
    let urls = providers.map { "\"\($0.url)/v1\"" }.joined(separator: ", ")
    let sections = [
      ("cache", options.cache), ("breaker", options.breaker), ("tenants", options.tenants),
      ("routing", options.routing),
    ]
    let more = sections.compactMap { name, text in text.map { "\(name): \($0)" } }.joined(separator: "\n")
    var result = try settings(
      document("BASE", more: more).replacing("base_url: \"BASE/v1\"", with: "endpoints: [ \(urls) ]"))
    (result.server.port, result.admin.port, result.server.workers) = (0, 0, options.workers)
    result.server.drainTimeout = options.drainTimeout
    if options.cache != nil { result.models[0].cached = .all }
    options.edit(&result)
    return result
  }

  func connect(receiveBuffer: CInt? = nil) async throws -> WireClient {
    try await WireClient.connect(port: port, receiveBuffer: receiveBuffer)
  }

  /// A connection with a request for a stream on it.
  func askForStream(_ prompt: String = "hi", receiveBuffer: CInt? = nil) async throws -> WireClient {
    let client = try await connect(receiveBuffer: receiveBuffer)
    client.send(Wire.chat(prompt, stream: true))
    return client
  }

  /// Does to its workers what a busy machine may do to them.
  func standStill(for time: Duration) async throws {
    let end = ContinuousClock.now + time
    for worker in replica.workers {
      try await worker.loop.submit { while ContinuousClock.now < end { usleep(10_000) } }.get()
    }
  }

  /// Puts other endpoints in force.
  func apply(_ providers: [ScriptedProvider]) async throws {
    await replica.apply(try Self.configuration(providers, options))
  }

  // MARK: Figures

  /// The sum of a metric over its series, those with `labels` in them. -1 of a replica that has stopped: its workers
  /// answer no more.
  func metric(_ name: String, _ labels: String = "") async -> Int {
    guard replica.phase != .stopped else { return -1 }
    return await replica.metrics().split(separator: "\n").reduce(0) { sum, line in
      guard line.hasPrefix(name + " ") || line.hasPrefix(name + "{"), line.contains(labels) else {
        return sum
      }
      return sum + (line.split(separator: " ").last.flatMap { Int($0) } ?? 0)
    }
  }

  /// What must return to 0.
  private static let counts = [
    "switchyard_exchanges_active", "switchyard_transfers_active", "switchyard_permits_outstanding",
    "switchyard_buffered_bytes",
  ]

  /// How many exchanges, transfers and permits there are, if all three agree.
  func activeCount() async -> Int? {
    let active = await metric(Self.counts[0])
    for name in Self.counts[1...2] where await metric(name) != active { return nil }
    return active
  }

  /// Waits until nothing runs; the counts that aren't 0 where that doesn't come.
  func untilIdle(within limit: Duration = .seconds(20)) async throws -> [String] {
    _ = try await eventually(within: limit) { await busy().isEmpty }
    return await busy()
  }

  private func busy() async -> [String] {
    var busy: [String] = []
    for name in Self.counts where await metric(name) != 0 { busy.append(name) }
    return busy
  }
}

/// Runs `body` with a replica in front of `providers` and stops it; expects that nothing runs at its end, and that no
/// connection to a provider outlives the replica.
func withReplica(
  of providers: [ScriptedProvider], _ options: ReplicaUnderTest.Options = .init(),
  _ body: (ReplicaUnderTest) async throws -> Void
) async throws {
  let test = try await ReplicaUnderTest(providers, options)
  do {
    try await body(test)
    if test.replica.phase == .ready { #expect(try await test.untilIdle() == []) }
  } catch {
    _ = try await finishes { await test.replica.stop() }
    throw error
  }
  #expect(try await finishes { await test.replica.stop() })
  #expect(try await eventually { providers.allSatisfy { $0.openCount == 0 } })
}

/// The same in front of one provider that plays `script`.
func withReplica(
  _ script: @escaping ScriptedProvider.Script, _ options: ReplicaUnderTest.Options = .init(),
  _ body: (ReplicaUnderTest, ScriptedProvider) async throws -> Void
) async throws {
  try await withProvider(script) { provider in
    try await withReplica(of: [provider], options) { try await body($0, provider) }
  }
}

/// Runs something that might never return; false where it has not within 20 s.
func finishes(_ body: @escaping @Sendable () async -> Void) async throws -> Bool {
  let isDone = Flag()
  Task {
    await body()
    isDone.set()
  }
  return try await eventually { isDone.isSet }
}

/// Something that has happened, or not yet.
final class Flag: Sendable {
  private let value = Atomic(false)

  var isSet: Bool { value.load(ordering: .acquiring) }
  func set() { value.store(true, ordering: .releasing) }
}
