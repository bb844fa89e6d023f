import CLinux
import Glibc

/// Waits for sockets; a thin hold on an epoll set, which ends with the process.
struct Poller {
  private let set: Int32
  private var ready = [sy_ready](repeating: sy_ready(), count: 64)

  init() throws(LoadError) {
    set = sy_epoll_create()
    guard (0..<64).contains(set) else { throw LoadError(description: "epoll: \(set)") }
  }

  func add(_ descriptor: Int32) {
    _ = sy_epoll_set(set, descriptor, UInt32(SY_READABLE), 0)
  }

  /// Whether the socket's room for writing is watched too.
  func watchWrites(_ descriptor: Int32, _ isWanted: Bool) {
    let events = isWanted ? SY_READABLE | SY_WRITABLE : SY_READABLE
    _ = sy_epoll_set(set, descriptor, UInt32(events), 1)
  }

  /// How many descriptors are ready within `nanoseconds`, up to 64; `event(_:)` tells each.
  ///
  /// epoll counts in milliseconds, too coarse for the moments at which requests are due; pselect on the set is not.
  mutating func wait(nanoseconds: Int64) -> Int {
    var milliseconds: Int32 = 0
    if nanoseconds >= 1_000_000 {
      milliseconds = Int32(min(nanoseconds / 1_000_000, 100))
    } else if nanoseconds > 0 {
      var watched = fd_set()
      watched.__fds_bits.0 = 1 << Int(set)
      var time = timespec(tv_sec: 0, tv_nsec: Int(nanoseconds))
      guard pselect(set + 1, &watched, nil, nil, &time, nil) > 0 else { return 0 }
    }
    return max(0, Int(sy_epoll_wait(set, &ready, 64, milliseconds)))
  }

  func event(_ index: Int) -> (descriptor: Int32, isWritable: Bool, isReadable: Bool) {
    let events = ready[index].events
    let isReadable = events & UInt32(SY_READABLE | SY_FAILED) != 0
    return (ready[index].descriptor, events & UInt32(SY_WRITABLE) != 0, isReadable)
  }
}

/// The monotonic clock in nanoseconds.
func now() -> Int64 {
  var time = timespec()
  clock_gettime(CLOCK_MONOTONIC, &time)
  return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
}
