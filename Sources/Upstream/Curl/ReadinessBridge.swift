import CLinux
import Glibc
package import NIOCore
import NIOPosix

/// Delivers the readiness of descriptors that NIO doesn't own on the thread of a NIO event loop.
///
/// The descriptors lie in an epoll set of their own. A `Waker` signals an eventfd once something in the set is ready; the eventfd is an
/// ordinary NIO channel, so its read wakes the loop, where the set is drained and the waker armed again. At saturation that is one
/// wake-up for a whole batch of events. Confined to its loop.
package final class ReadinessBridge {
  /// Which readiness was asked for, or has come.
  package struct Events: OptionSet, Sendable {
    package let rawValue: UInt32
    package init(rawValue: UInt32) { self.rawValue = rawValue }
    package static let readable = Events(rawValue: UInt32(SY_READABLE))
    package static let writable = Events(rawValue: UInt32(SY_WRITABLE))
    /// Hang-up or error; reported without being asked for.
    package static let failed = Events(rawValue: UInt32(SY_FAILED))
  }

  /// How readiness reaches the loop.
  package enum Mode: Sendable { case automatic, aio, thread }

  private let loop: any EventLoop
  private let epoll: CInt
  private let eventfd: CInt
  private let waker: any Waker
  private var channel: (any Channel)?
  private var watched: [CInt: Events] = [:]
  private let ready = UnsafeMutableBufferPointer<sy_ready>.allocate(capacity: 64)
  private var onReady: ((CInt, Events) -> Void)?
  private var onDrained: (() -> Void)?

  /// The waker in use, for the start-up log.
  package var wakerName: String { waker.name }

  package init(loop: any EventLoop, mode: Mode = .automatic) throws(UpstreamError) {
    loop.preconditionInEventLoop()
    self.loop = loop
    epoll = sy_epoll_create()
    eventfd = sy_eventfd()
    guard epoll >= 0, eventfd >= 0 else { throw .system("epoll_create1", -min(epoll, eventfd)) }
    waker = try Self.waker(mode, epoll: epoll, eventfd: eventfd)
  }

  deinit { ready.deallocate() }

  private static func waker(_ mode: Mode, epoll: CInt, eventfd: CInt) throws(UpstreamError) -> any Waker {
    switch mode {
    case .aio: return try AIOWaker(epoll: epoll, eventfd: eventfd)
    case .thread: return try ThreadWaker(epoll: epoll, eventfd: eventfd)
    case .automatic:
      do { return try AIOWaker(epoll: epoll, eventfd: eventfd) } catch {
        return try ThreadWaker(epoll: epoll, eventfd: eventfd)
      }
    }
  }

  /// Starts delivery: `ready` for each ready descriptor, then `drained` once per batch, both on the loop.
  package func start(
    ready: @escaping (CInt, Events) -> Void, drained: @escaping () -> Void
  ) -> EventLoopFuture<Void> {
    onReady = ready
    onDrained = drained
    let bound = NIOLoopBound(self, eventLoop: loop)
    return NIOPipeBootstrap(group: loop)
      .channelOption(.maxMessagesPerRead, value: 1)
      .channelOption(.recvAllocator, value: FixedSizeRecvByteBufferAllocator(capacity: 8))
      .channelInitializer { channel in
        channel.eventLoop.makeCompletedFuture {
          try channel.pipeline.syncOperations.addHandler(WakeHandler(bridge: bound.value))
        }
      }
      .takingOwnershipOfDescriptor(input: eventfd)
      .flatMapThrowing { channel in
        bound.value.channel = channel
        try bound.value.waker.arm()
      }
  }

  /// Watches a descriptor, level-triggered; the same events again cost nothing.
  package func watch(_ descriptor: CInt, for events: Events) {
    let before = watched.updateValue(events, forKey: descriptor)
    guard before != events else { return }
    let result = sy_epoll_set(epoll, descriptor, events.rawValue, before == nil ? 0 : 1)
    precondition(result == 0 || result == -EBADF, "epoll_ctl failed: \(-result)")
  }

  /// Stops watching a descriptor; to be called before it is closed.
  package func forget(_ descriptor: CInt) {
    guard watched.removeValue(forKey: descriptor) != nil else { return }
    _ = sy_epoll_remove(epoll, descriptor)
  }

  package func isWatching(_ descriptor: CInt) -> Bool { watched[descriptor] != nil }

  /// Ends delivery and releases the descriptors.
  package func close() {
    onReady = nil
    onDrained = nil
    waker.close()
    channel?.close(promise: nil)
    channel = nil
    Glibc.close(epoll)
  }

  /// The eventfd was read: drain the set, then ask for the next signal. A set that is ready again by then signals at once.
  fileprivate func wake() {
    guard let onReady else { return }
    let count = max(0, sy_epoll_wait(epoll, ready.baseAddress, CInt(ready.count), 0))
    for event in ready[..<Int(count)] {
      onReady(event.descriptor, Events(rawValue: event.events))
    }
    onDrained?()
    // Only a descriptor that was closed under the waker can fail here; without readiness nothing would ever move again.
    do { try waker.arm() } catch { preconditionFailure("the readiness bridge can't be armed: \(error)") }
  }
}

/// Turns reads of the eventfd into wake-ups of the bridge.
private final class WakeHandler: ChannelInboundHandler {
  typealias InboundIn = ByteBuffer
  private let bridge: ReadinessBridge

  init(bridge: ReadinessBridge) { self.bridge = bridge }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) { bridge.wake() }
}
