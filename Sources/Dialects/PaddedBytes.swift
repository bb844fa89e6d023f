internal import CSimdjson

/// Bytes of a body in memory of their own, with room behind the end that a parser may read.
///
/// The address is stable while nothing is appended: it may be handed to C for as long as this object lives.
/// Owned by one event loop.
package final class PaddedBytes {
  /// Readable bytes behind the last byte of content.
  package static let padding = Int(CSJ_PADDING)

  package private(set) var count = 0
  private var capacity: Int
  private var storage: UnsafeMutableRawPointer

  /// Makes room for `capacity` bytes of content.
  package init(capacity: Int = 0) {
    self.capacity = max(capacity, 64)
    storage = Self.allocate(self.capacity)
  }

  package convenience init(_ bytes: some Collection<UInt8>) {
    self.init(capacity: bytes.count)
    if bytes.withContiguousStorageIfAvailable({ append(UnsafeRawBufferPointer($0)) }) == nil {
      Array(bytes).withUnsafeBytes { append($0) }
    }
  }

  deinit { storage.deallocate() }

  /// The address of the first byte; the next append may move it.
  package var baseAddress: UnsafeRawPointer { UnsafeRawPointer(storage) }

  /// Copies `bytes` behind the content; amortised constant time a byte.
  package func append(_ bytes: UnsafeRawBufferPointer) {
    guard let source = bytes.baseAddress, bytes.count > 0 else { return }
    reserve(count + bytes.count)
    (storage + count).copyMemory(from: source, byteCount: bytes.count)
    count += bytes.count
  }

  package func append(_ text: StaticString) {
    append(UnsafeRawBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
  }

  /// Empties the content. Up to `kept` bytes of room stay, a larger room is given back.
  package func removeAll(keepingCapacity kept: Int = .max) {
    count = 0
    guard capacity > kept else { return }
    storage.deallocate()
    (storage, capacity) = (Self.allocate(kept), kept)
  }

  /// Gives `body` the content; the pointer is valid until the next append.
  package func withUnsafeBytes<Result, Failure: Error>(
    _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    try body(UnsafeRawBufferPointer(start: storage, count: count))
  }

  private func reserve(_ needed: Int) {
    guard needed > capacity else { return }
    let larger = max(needed, capacity * 2)
    let moved = Self.allocate(larger)
    moved.copyMemory(from: storage, byteCount: count)
    storage.deallocate()
    (storage, capacity) = (moved, larger)
  }

  private static func allocate(_ capacity: Int) -> UnsafeMutableRawPointer {
    .allocate(byteCount: capacity + padding, alignment: 16)
  }
}
