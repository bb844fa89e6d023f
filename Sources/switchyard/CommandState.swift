import Coordination
import NIOCore
import NIOPosix
import Settings

/// The shared Redis, for one command.
enum CommandState {
  static let patience = Duration.seconds(5)

  struct Failure: Error, CustomStringConvertible {
    let description: String
  }

  /// What `make` makes of a way to the Redis of the configuration, on the way's loop, once `isReady` says that it can be asked.
  /// `name` is what the command is called there; `absent` is said where the configuration has no Redis.
  static func open<Desk: Sendable>(
    _ settings: Settings, as name: String, absent: String,
    _ make: @escaping @Sendable (RedisState, any EventLoop) -> Desk,
    isReady: (Desk, Duration) async -> Bool
  ) async throws -> Desk {
    guard let url = settings.state.redis else { throw Failure(description: absent) }
    let address = try RedisAddress(
      url.revealed, password: settings.state.password?.revealed, caFile: settings.state.caFile)
    let loop = MultiThreadedEventLoopGroup.singleton.next()
    let prefix = settings.state.keyPrefix
    let desk = try await loop.submit {
      let state = RedisState(
        address, on: loop, ReplicaState(name: name, leastReplicas: nil), prefix: prefix,
        timeout: .seconds(2), tell: { _ in })
      state.start()
      return make(state, loop)
    }.get()
    guard await isReady(desk, patience) else {
      throw Failure(description: "Redis does not answer at \(address.description)")
    }
    return desk
  }
}
