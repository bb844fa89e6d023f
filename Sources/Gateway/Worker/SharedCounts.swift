import Synchronization

/// Numbers of the whole replica, counted by all workers; each returns to 0 when nothing runs.
final class SharedCounts: Sendable {
  /// Bytes of request bodies held at this moment.
  let buffered = Atomic<Int>(0)
  let exchanges = Atomic<Int>(0)

  /// Takes `count` bytes out of `limit`; false where that is too much, and nothing is taken.
  func reserve(_ count: Int, limit: Int) -> Bool {
    let (_, total) = buffered.wrappingAdd(count, ordering: .relaxed)
    guard total > limit else { return true }
    buffered.wrappingSubtract(count, ordering: .relaxed)
    return false
  }
}
