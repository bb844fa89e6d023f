import Glibc

/// The two clocks of the process, as integers. Read once per phase and passed on, never inside a decision.
package enum SystemClock {
  /// Nanoseconds of the monotonic clock: for durations and deadlines; its zero has no meaning.
  package static func monotonicNanoseconds() -> Int64 {
    read(CLOCK_MONOTONIC)
  }

  /// Milliseconds since 1970 in UTC: for stamps that people read; it may jump.
  package static func wallMilliseconds() -> Int64 {
    read(CLOCK_REALTIME) / 1_000_000
  }

  /// Nanoseconds of processor time, user and system, that all threads of the process have used.
  package static func processorNanoseconds() -> Int64 {
    read(CLOCK_PROCESS_CPUTIME_ID)
  }

  private static func read(_ clock: clockid_t) -> Int64 {
    var time = timespec()
    clock_gettime(clock, &time)
    return Int64(time.tv_sec) &* 1_000_000_000 &+ Int64(time.tv_nsec)
  }
}
