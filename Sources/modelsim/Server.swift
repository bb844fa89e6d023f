import NIOCore
import NIOPosix

/// A running simulator.
struct Server: Sendable {
  let simulator: Simulator
  /// In the order asked for.
  let ports: [Int]
  let controlPort: Int?
  private let listeners: Listeners
  private let group: MultiThreadedEventLoopGroup

  /// Listens on every port, or on none and throws. Must be stopped.
  static func start(
    _ settings: SimulatorSettings, host: String = "127.0.0.1", ports: [Int] = [0], controlPort: Int? = nil,
    threads: Int = 1
  ) async throws -> Server {
    let group = MultiThreadedEventLoopGroup(numberOfThreads: threads)
    let simulator = Simulator(settings)
    let listeners = Listeners(group: group, simulator: simulator, host: host)
    do {
      var opened: [Int] = []
      for port in ports { opened.append(try await listeners.open(port).get()) }
      let control = try await controlPort.asyncMap { try await listeners.open($0, isControl: true).get() }
      return Server(
        simulator: simulator, ports: opened, controlPort: control, listeners: listeners, group: group)
    } catch {
      try await group.shutdownGracefully()
      throw error
    }
  }

  /// Stops listening, cuts every connection and returns when all is closed.
  func stop() async throws {
    try await listeners.stop(on: group.next()).get()
    try await group.shutdownGracefully()
  }
}

extension Optional where Wrapped: Sendable {
  fileprivate func asyncMap<Result>(_ transform: (Wrapped) async throws -> Result) async rethrows -> Result? {
    guard let self else { return nil }
    return try await transform(self)
  }
}
