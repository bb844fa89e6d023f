import CLinux
import Glibc
import Synchronization

/// Signals an eventfd when an epoll set has something ready: once for each `arm()`.
///
/// Two ways exist because the better one, Linux AIO, is refused by some sandboxes. `ReadinessBridge` chooses by trying.
protocol Waker: AnyObject {
  /// What start-up logs call it.
  var name: String { get }
  /// Asks for one signal; at once if something is ready already.
  func arm() throws(UpstreamError)
  func close()
}

/// Lets the kernel itself write the eventfd (`IOCB_CMD_POLL`): no thread, no hop.
final class AIOWaker: Waker {
  let name = "aio"
  private let poller: OpaquePointer

  init(epoll: CInt, eventfd: CInt) throws(UpstreamError) {
    guard let poller = sy_poller_create(epoll, eventfd) else { throw .system("io_setup", errno) }
    self.poller = poller
  }

  func arm() throws(UpstreamError) {
    let result = sy_poller_arm(poller)
    guard result == 0 else { throw .system("io_submit", -result) }
  }

  func close() { sy_poller_destroy(poller) }
}

/// A thread that waits for the epoll set through an outer one, and writes the eventfd.
///
/// Arming re-enables the outer watch, which fires once, so the thread wakes once per drain and not once per event.
final class ThreadWaker: Waker {
  let name = "thread"
  private let outer: CInt
  private let epoll: CInt
  private let stop: CInt
  private var known = false
  private let thread: pthread_t

  init(epoll: CInt, eventfd: CInt) throws(UpstreamError) {
    let outer = sy_epoll_create()
    let stop = sy_eventfd()
    guard outer >= 0, stop >= 0 else { throw .system("epoll_create1", -min(outer, stop)) }
    let watched = sy_epoll_set(outer, stop, UInt32(SY_READABLE), 0)
    guard watched == 0 else { throw .system("epoll_ctl", -watched) }
    self.outer = outer
    self.epoll = epoll
    self.stop = stop
    var thread = pthread_t()
    let context = Unmanaged.passRetained(Wait(outer: outer, stop: stop, eventfd: eventfd)).toOpaque()
    let result = pthread_create(&thread, nil, waitForReadiness, context)
    guard result == 0 else {
      Unmanaged<Wait>.fromOpaque(context).release()
      throw .system("pthread_create", result)
    }
    self.thread = thread
  }

  func arm() throws(UpstreamError) {
    let result = sy_epoll_set_once(outer, epoll, known ? 1 : 0)
    guard result == 0 else { throw .system("epoll_ctl", -result) }
    known = true
  }

  func close() {
    sy_eventfd_signal(stop)
    pthread_join(thread, nil)
    Glibc.close(outer)
    Glibc.close(stop)
  }
}

/// What the waiting thread needs; it owns one reference.
private final class Wait {
  let outer: CInt
  let stop: CInt
  let eventfd: CInt

  init(outer: CInt, stop: CInt, eventfd: CInt) {
    self.outer = outer
    self.stop = stop
    self.eventfd = eventfd
  }
}

/// Runs on its own thread until `stop` is written; takes the reference that `ThreadWaker.init` retained.
private func waitForReadiness(_ context: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
  guard let context else { return nil }
  let wait = Unmanaged<Wait>.fromOpaque(context).takeRetainedValue()
  var ready = [sy_ready](repeating: sy_ready(), count: 2)
  while true {
    let count = sy_epoll_wait(wait.outer, &ready, 2, -1)
    if count == -EINTR { continue }
    guard count > 0 else { return nil }
    if ready[..<Int(count)].contains(where: { $0.descriptor == wait.stop }) { return nil }
    sy_eventfd_signal(wait.eventfd)
  }
}
