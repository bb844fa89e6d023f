import Glibc
import NIOCore
import NIOPosix
import Testing

@testable import Upstream

/// A client on an event loop of its own, entered from tests.
final class LoopUnderTest: Sendable {
  let loop: any EventLoop
  private let way: Way
  private let client: NIOLoopBound<UpstreamClient>
  private let pools: NIOLoopBoundBox<[any TransferPool]>

  private init(
    loop: any EventLoop, way: Way, client: NIOLoopBound<UpstreamClient>,
    pools: NIOLoopBoundBox<[any TransferPool]>
  ) {
    self.loop = loop
    self.way = way
    self.client = client
    self.pools = pools
  }

  /// Who speaks HTTP, and how readiness reaches libcurl.
  enum Way: String, Sendable {
    /// HTTP/1.1 of our own, where it can; connections by libcurl over Linux AIO if that works here.
    case http1
    /// libcurl alone, over Linux AIO, and over a thread.
    case curlAIO, curlThread

    var mode: ReadinessBridge.Mode {
      switch self {
      case .http1: .automatic
      case .curlAIO: .aio
      case .curlThread: .thread
      }
    }
  }

  /// The ways on this machine; Linux AIO is refused by some sandboxes.
  static let ways: [Way] = [.http1] + curlWays

  static let curlWays: [Way] = {
    let loop = MultiThreadedEventLoopGroup.singleton.next()
    let hasAIO = try? loop.submit {
      let bridge = try ReadinessBridge(loop: loop, mode: .aio)
      bridge.close()
      return true
    }.wait()
    return hasAIO == true ? [.curlAIO, .curlThread] : [.curlThread]
  }()

  static func start(_ way: LoopUnderTest.Way, on loop: any EventLoop) async throws -> LoopUnderTest {
    try await loop.flatSubmit {
      do {
        let client = try UpstreamClient(loop: loop, mode: way.mode)
        let made = LoopUnderTest(
          loop: loop, way: way, client: NIOLoopBound(client, eventLoop: loop),
          pools: NIOLoopBoundBox([], eventLoop: loop))
        return client.start().map { made }
      } catch {
        return loop.makeFailedFuture(error)
      }
    }.get()
  }

  func stop() async throws {
    try await run { client in
      #expect(client.activeCount == 0)
      for pool in self.pools.value { pool.retire() }
      self.pools.value = []
      client.close()
    }
  }

  /// Runs `body` on the loop.
  func run<Value: Sendable>(_ body: @escaping @Sendable (UpstreamClient) throws -> Value) async throws
    -> Value
  {
    try await loop.submit { try body(self.client.value) }.get()
  }

  var activeCount: Int { get async throws { try await run { $0.activeCount } } }
  var socketCount: Int { get async throws { try await run { $0.socketCount } } }

  /// A pool that is retired at the end.
  func pool(_ target: TransferTarget) async throws -> NIOLoopBound<any TransferPool> {
    var target = target
    if way != .http1 { target.engine = .curl }
    let final = target
    return try await run { client in
      let pool = try client.pool(final)
      self.pools.value.append(pool)
      return NIOLoopBound(pool, eventLoop: self.loop)
    }
  }

  func pool(_ url: String, _ method: TransferTarget.Method = .get) async throws -> NIOLoopBound<
    any TransferPool
  > {
    var target = TransferTarget(url: url)
    target.method = method
    return try await pool(target)
  }

  /// Starts a transfer; its recorder says how it goes.
  func start(
    on pool: NIOLoopBound<any TransferPool>, body: [UInt8] = [], headers: [String] = [],
    flow: Recorder.Flow = .free
  ) async throws -> NIOLoopBound<Recorder> {
    try await run { _ in
      let recorder = Recorder(loop: self.loop, flow: flow)
      let owner = FixedBytes(body)
      let transfer = try pool.value.start(
        TransferRequest(body: UnsafeRawBufferPointer(owner.bytes), bodyOwner: owner, headers: headers),
        consumer: recorder)
      recorder.transfer = recorder.isOver ? nil : transfer
      return NIOLoopBound(recorder, eventLoop: self.loop)
    }
  }

  /// One transfer from start to end.
  func fetch(
    on pool: NIOLoopBound<any TransferPool>, body: [UInt8] = [], headers: [String] = [],
    flow: Recorder.Flow = .free
  ) async throws -> Recorder.Outcome {
    let recorder = try await start(on: pool, body: body, headers: headers, flow: flow)
    return try await loop.flatSubmit { recorder.value.ended.futureResult }.get()
  }
}

/// Memory that does not move.
private final class FixedBytes {
  let bytes: UnsafeMutableBufferPointer<UInt8>

  init(_ content: [UInt8]) {
    bytes = .allocate(capacity: content.count)
    _ = bytes.initialize(from: content)
  }

  deinit { bytes.deallocate() }
}

/// Runs `body` with a loop that goes a way, and stops it.
func withLoop<Result>(
  _ way: LoopUnderTest.Way, _ body: (LoopUnderTest) async throws -> Result
) async throws -> Result {
  let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
  let loop = try await LoopUnderTest.start(way, on: group.next())
  do {
    let result = try await body(loop)
    try await loop.stop()
    try await group.shutdownGracefully()
    return result
  } catch {
    try await group.shutdownGracefully()
    throw error
  }
}
