import Glibc
import NIOCore
import NIOPosix
import Testing

@testable import Upstream

/// A driver on an event loop of its own, entered from tests.
final class LoopUnderTest: Sendable {
  let loop: any EventLoop
  private let driver: NIOLoopBound<CurlDriver>
  private let pools: NIOLoopBoundBox<[HandlePool]>

  private init(loop: any EventLoop, driver: NIOLoopBound<CurlDriver>, pools: NIOLoopBoundBox<[HandlePool]>) {
    self.loop = loop
    self.driver = driver
    self.pools = pools
  }

  /// The ways in which readiness can reach a loop on this machine; Linux AIO is refused by some sandboxes.
  static let modes: [ReadinessBridge.Mode] = {
    let loop = MultiThreadedEventLoopGroup.singleton.next()
    let hasAIO = try? loop.submit {
      let bridge = try ReadinessBridge(loop: loop, mode: .aio)
      bridge.close()
      return true
    }.wait()
    return hasAIO == true ? [.aio, .thread] : [.thread]
  }()

  static func start(_ mode: ReadinessBridge.Mode, on loop: any EventLoop) async throws -> LoopUnderTest {
    try await loop.flatSubmit {
      do {
        let driver = try CurlDriver(loop: loop, mode: mode)
        let made = LoopUnderTest(
          loop: loop, driver: NIOLoopBound(driver, eventLoop: loop),
          pools: NIOLoopBoundBox([], eventLoop: loop))
        return driver.start().map { made }
      } catch {
        return loop.makeFailedFuture(error)
      }
    }.get()
  }

  func stop() async throws {
    try await run { driver in
      #expect(driver.activeCount == 0)
      for pool in self.pools.value { pool.retire() }
      self.pools.value = []
      driver.close()
    }
  }

  /// Runs `body` on the loop.
  func run<Value: Sendable>(_ body: @escaping @Sendable (CurlDriver) throws -> Value) async throws -> Value {
    try await loop.submit { try body(self.driver.value) }.get()
  }

  var activeCount: Int { get async throws { try await run { $0.activeCount } } }
  var socketCount: Int { get async throws { try await run { $0.socketCount } } }

  /// A pool that is retired at the end.
  func pool(_ configuration: HandleConfiguration) async throws -> NIOLoopBound<HandlePool> {
    try await run { driver in
      let pool = try HandlePool(configuration, driver: driver)
      self.pools.value.append(pool)
      return NIOLoopBound(pool, eventLoop: self.loop)
    }
  }

  func pool(_ url: String, _ method: HandleConfiguration.Method = .get) async throws -> NIOLoopBound<
    HandlePool
  > {
    var configuration = HandleConfiguration(url: url)
    configuration.method = method
    return try await pool(configuration)
  }

  /// Starts a transfer; its recorder says how it goes.
  func start(
    on pool: NIOLoopBound<HandlePool>, body: [UInt8] = [], headers: [String] = [],
    flow: Recorder.Flow = .free
  ) async throws -> NIOLoopBound<Recorder> {
    try await run { driver in
      let recorder = Recorder(loop: self.loop, flow: flow)
      let owner = FixedBytes(body)
      recorder.transfer = try driver.start(
        TransferRequest(body: UnsafeRawBufferPointer(owner.bytes), bodyOwner: owner, headers: headers),
        on: pool.value, consumer: recorder)
      return NIOLoopBound(recorder, eventLoop: self.loop)
    }
  }

  /// One transfer from start to end.
  func fetch(
    on pool: NIOLoopBound<HandlePool>, body: [UInt8] = [], headers: [String] = [],
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

/// Runs `body` with a loop in a mode, and stops it.
func withLoop<Result>(
  _ mode: ReadinessBridge.Mode, _ body: (LoopUnderTest) async throws -> Result
) async throws -> Result {
  let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
  let loop = try await LoopUnderTest.start(mode, on: group.next())
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
