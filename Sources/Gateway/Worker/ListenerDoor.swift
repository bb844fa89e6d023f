import CLinux
import NIOCore
import NIOPosix

/// Shuts a listening socket to newcomers before it is closed.
///
/// With a listener the kernel resets the connections that wait in its queue, among them those whose clients have sent their request
/// already. So it is told to let handshakes go unanswered, which the clients' systems try again or elsewhere, until the queue is empty.
struct ListenerDoor {
  private let channel: any Channel

  init(_ channel: any Channel) { self.channel = channel }

  /// Returns once nobody has waited for a quarter of a second, or after a second, and those who were let in are on one of `loops`. Where
  /// the system refuses, at once.
  ///
  /// The queue doesn't show handshakes under way, which take a round trip to the client. A handshake that begins meanwhile is begun
  /// again by its client a second later.
  func shut(on loops: [any EventLoop]) async {
    guard (try? await use(sy_ignore_handshakes)) == 0 else { return }
    await untilNobodyWaits()
    // NIO closes a connection that is on its way to its loop and back when the listener closes: those that were before this are there.
    for loop in loops { try? await loop.submit {}.get() }
    try? await channel.eventLoop.submit {}.get()
  }

  private func untilNobodyWaits() async {
    var quiet = 0
    for _ in 0..<100 where quiet < 25 {
      try? await Task.sleep(for: .milliseconds(10))
      guard let waiting = try? await use(sy_waiting_connections), waiting >= 0 else { return }
      quiet = waiting == 0 ? quiet + 1 : 0
    }
  }

  private func use(_ action: @escaping @Sendable (CInt) -> CInt) async throws -> CInt {
    try await channel.eventLoop.submit { [channel] in
      try channel.pipeline.syncOperations.withUnsafeTransportIfAvailable(of: NIOBSDSocket.Handle.self) {
        action($0)
      } ?? -1
    }.get()
  }
}
