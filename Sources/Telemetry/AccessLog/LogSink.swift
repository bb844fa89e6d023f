import Glibc
import Synchronization

/// Writes bytes whole to a descriptor that may be slow, non-blocking or gone.
///
/// A blocking `write` to a full pipe could never be given up, so nothing but a regular file is written
/// without asking `poll` first, and then at most what a ready pipe is sure to take.
struct LogSink: ~Copyable, Sendable {
  private let descriptor: CInt
  private let isFile: Bool
  /// Monotonic nanoseconds after which a descriptor that takes nothing is given up; none while running.
  private let patience = Atomic<Int64>(.max)

  init(descriptor: CInt) {
    self.descriptor = descriptor
    var status = stat()
    isFile = fstat(descriptor, &status) == 0 && status.st_mode & S_IFMT == S_IFREG
    // A reader that goes away must be an error of `write`, not the end of the process.
    signal(SIGPIPE, SIG_IGN)
  }

  /// From now on, stop waiting at that monotonic time.
  func setPatience(_ nanoseconds: Int64) { patience.store(nanoseconds, ordering: .relaxed) }

  /// Blocks until all is written; false when the descriptor failed or patience ended.
  func write(_ bytes: UnsafeRawBufferPointer) -> Bool {
    var rest = bytes[...]
    while !rest.isEmpty {
      guard isFile || isReady() else { return false }
      let piece = UnsafeRawBufferPointer(rebasing: isFile ? rest : rest.prefix(Self.pipeAtom))
      let written = Glibc.write(descriptor, piece.baseAddress, piece.count)
      if written >= 0 {
        rest = rest.dropFirst(written)
      } else if errno != EINTR && errno != EAGAIN {
        return false
      }
    }
    return true
  }

  /// Waits for room; false when there is no hope of any.
  private func isReady() -> Bool {
    while true {
      var entry = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
      let count = poll(&entry, 1, Self.pollMilliseconds)
      if count > 0 { return Int32(entry.revents) & (POLLERR | POLLNVAL) == 0 }
      if count < 0 && errno != EINTR { return false }
      if SystemClock.monotonicNanoseconds() > patience.load(ordering: .relaxed) { return false }
    }
  }

  /// Linux's PIPE_BUF: a pipe that is ready for writing has room for it.
  private static let pipeAtom = 4_096
  private static let pollMilliseconds: CInt = 50
}
