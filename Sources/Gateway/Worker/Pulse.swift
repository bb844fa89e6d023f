import Synchronization

/// When something last showed that it is alive, in monotonic nanoseconds: told by one thread, read by others.
final class Pulse: Sendable {
  private let last: Atomic<Int64>

  init(at now: Int64) { last = Atomic(now) }

  func beat(_ now: Int64) { last.store(now, ordering: .relaxed) }

  /// Nanoseconds since the last beat.
  func silence(at now: Int64) -> Int64 { now - last.load(ordering: .relaxed) }
}
