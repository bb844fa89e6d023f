import Glibc
import Synchronization

/// What a replica knows of Redis' clock: how far it is ahead of the machine's monotonic one, which counts suspension too.
package final class StateClock: Sendable {
  private let offset: Atomic<Int64>
  private let source: @Sendable () -> Int64

  /// Until Redis has told the time, the machine's own, `wall`, is taken for it. `source` gives monotonic milliseconds.
  package init(
    wall: Int64 = EmbeddedState.wallMilliseconds(),
    source: @escaping @Sendable () -> Int64 = StateClock.monotonicMilliseconds
  ) {
    self.source = source
    offset = Atomic(wall - source())
  }

  /// Milliseconds of the machine's monotonic clock.
  package var monotonic: Int64 { source() }

  /// Milliseconds since 1970.
  package var now: Int64 { source() + offset.load(ordering: .relaxed) }

  /// Redis has just said that it is `now`.
  package func set(_ now: Int64) { offset.store(now - source(), ordering: .relaxed) }

  package static func monotonicMilliseconds() -> Int64 {
    var time = timespec()
    clock_gettime(CLOCK_BOOTTIME, &time)
    return Int64(time.tv_sec) * 1_000 + Int64(time.tv_nsec) / 1_000_000
  }
}
