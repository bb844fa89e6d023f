internal import Glibc

/// Finds duplicate keys of nested objects without an allocation per object.
///
/// A stack: keys of an outer object stay below while an inner one is read. In memory of its own, because
/// arrays in a class cost an exclusivity check for each touch.
final class KeySet {
  /// Objects up to this size are compared pair by pair, larger ones sorted when they end.
  private static let pairwise = 16

  private var keys: UnsafeMutablePointer<JSONBytes>
  private var capacity = 64
  private var count = 0
  private var start = 0

  init() { keys = .allocate(capacity: capacity) }

  deinit { keys.deallocate() }

  /// Begins an object; hand the result to `end`.
  func begin() -> Int {
    let outer = start
    start = count
    return outer
  }

  /// Notes a key of the innermost object; false where it is there already. Large objects tell at their end.
  @inline(__always)
  func insert(_ key: JSONBytes) -> Bool {
    let (keys, start, count) = (keys, start, count)
    if count - start < Self.pairwise {
      var index = start
      while index < count {
        if keys[index] == key { return false }
        index += 1
      }
    }
    if count == capacity { grow() }
    self.keys[count] = key
    self.count = count + 1
    return true
  }

  /// Ends the innermost object; a duplicate key where a large object has one.
  func end(_ outer: Int) -> JSONBytes? {
    let duplicate = count - start > Self.pairwise ? largeDuplicate() : nil
    count = start
    start = outer
    return duplicate
  }

  /// Forgets all objects: after an error left some open.
  func reset() { (count, start) = (0, 0) }

  private func grow() {
    let larger = UnsafeMutablePointer<JSONBytes>.allocate(capacity: capacity * 2)
    larger.update(from: keys, count: count)
    keys.deallocate()
    (keys, capacity) = (larger, capacity * 2)
  }

  private func largeDuplicate() -> JSONBytes? {
    let sorted = UnsafeBufferPointer(start: keys + start, count: count - start).sorted { left, right in
      if left.count != right.count { return left.count < right.count }
      return memcmp(left.start, right.start, left.count) < 0
    }
    return zip(sorted, sorted.dropFirst()).first { $0 == $1 }?.1
  }
}
