import NIOConcurrencyHelpers
import NIOCore
import NIOPosix

/// The ports that are listened on, which may be closed and opened again while running. Safe from every thread.
final class Listeners: Sendable {
  private let group: any EventLoopGroup
  private let simulator: Simulator
  private let host: String
  private let state = NIOLockedValueBox(State())

  /// Connections waiting for their accept; the kernel may cap it lower.
  static let backlog: CInt = 4096

  private struct State {
    var doors: [Int: Door] = [:]
    var control: Int?
    var isStopped = false
  }

  private struct Door {
    /// nil: closed for the time being.
    var channel: (any Channel)?
    var connections: [ObjectIdentifier: any Channel] = [:]
  }

  /// Told to connections when their port stops listening: end when idle.
  struct PortClosed {}

  init(group: any EventLoopGroup, simulator: Simulator, host: String) {
    self.group = group
    self.simulator = simulator
    self.host = host
  }

  /// Listens on `port` (0: any free one) and returns the port it got.
  func open(_ port: Int, isControl: Bool = false) -> EventLoopFuture<Int> {
    bind(port).map { channel in
      let actual = channel.localAddress?.port ?? port
      self.state.withLockedValue { state in
        state.doors[actual, default: Door()].channel = channel
        if isControl { state.control = actual }
      }
      return actual
    }
  }

  private func bind(_ port: Int) -> EventLoopFuture<any Channel> {
    ServerBootstrap(group: group)
      .serverChannelOption(.backlog, value: Self.backlog)
      .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
      .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
      .childChannelOption(.maxMessagesPerRead, value: 1)
      .childChannelInitializer { channel in
        channel.eventLoop.makeCompletedFuture {
          let port = channel.localAddress?.port ?? port
          let handler = Connection(simulator: self.simulator, listeners: self, port: port)
          try channel.pipeline.syncOperations.addHandler(handler)
        }
      }
      .bind(host: host, port: port)
  }

  func isControl(_ port: Int) -> Bool {
    state.withLockedValue { $0.control == port }
  }

  func register(_ channel: any Channel, port: Int) {
    state.withLockedValue { $0.doors[port, default: Door()].connections[ObjectIdentifier(channel)] = channel }
  }

  func unregister(_ channel: any Channel, port: Int) {
    _ = state.withLockedValue { $0.doors[port]?.connections.removeValue(forKey: ObjectIdentifier(channel)) }
  }
}

// MARK: - Refusing

extension Listeners {
  /// Stops listening on `port` (nil: on all but the control port), so that connects are refused; idle connections
  /// are closed. Opens again after `time` nanoseconds, if given.
  func refuse(_ port: Int?, for time: Int64?, on loop: any EventLoop) -> EventLoopFuture<Void> {
    let (listening, connected) = state.withLockedValue { state in
      var listening: [any Channel] = []
      var connected: [any Channel] = []
      for number in state.doors.keys where port == nil ? number != state.control : number == port {
        if let channel = state.doors[number]?.channel { listening.append(channel) }
        connected += state.doors[number]?.connections.values.map { $0 } ?? []
        state.doors[number]?.channel = nil
      }
      return (listening, connected)
    }
    if let time {
      loop.scheduleTask(in: .nanoseconds(time)) { _ = self.reopenAll(on: loop) }
    }
    for channel in connected { channel.pipeline.fireUserInboundEventTriggered(PortClosed()) }
    return .andAllComplete(listening.map { $0.close() }, on: loop)
  }

  /// Listens again on every port that was closed.
  func reopenAll(on loop: any EventLoop) -> EventLoopFuture<Void> {
    let closed = state.withLockedValue { state in
      state.isStopped ? [] : state.doors.filter { $0.value.channel == nil }.map(\.key)
    }
    return .andAllSucceed(closed.map { open($0).map { _ in } }, on: loop)
  }

  /// Stops listening for good and closes every connection.
  func stop(on loop: any EventLoop) -> EventLoopFuture<Void> {
    let channels = state.withLockedValue { state in
      state.isStopped = true
      return state.doors.values.flatMap { [$0.channel].compactMap { $0 } + Array($0.connections.values) }
    }
    return .andAllComplete(channels.map { $0.close() }, on: loop)
  }
}
