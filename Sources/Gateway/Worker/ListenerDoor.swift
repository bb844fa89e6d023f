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

  /// Returns once nobody waits any more, or after a second. Where the system refuses, at once.
  func shut() async {
    guard (try? await use(sy_ignore_handshakes)) == 0 else { return }
    // Handshakes under way need a moment more; each that begins meanwhile costs its client a second.
    for _ in 0..<200 {
      try? await Task.sleep(for: .milliseconds(5))
      guard let waiting = try? await use(sy_waiting_connections), waiting > 0 else { return }
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
