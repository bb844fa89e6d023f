/// The begin of an event whose end has not come yet.
///
/// Up to `StreamScanner.heldLimit` nothing of it is passed on. Beyond, all of it is, and a copy is kept for
/// reading up to `StreamScanner.readLimit`.
struct EventTail {
  private var bytes: [UInt8] = []
  /// All bytes of the event so far.
  private(set) var count = 0
  /// How many of them were passed on.
  private(set) var released = 0
  private(set) var last: UInt8 = 0

  var isEmpty: Bool { count == 0 }

  /// Takes more of an unfinished event; past the limit it is released into `out`.
  mutating func append(_ more: UnsafeRawBufferPointer, into out: (UnsafeRawBufferPointer) -> Void) {
    guard more.count > 0 else { return }
    take(more, into: out)
    if released == 0, count > StreamScanner.heldLimit { flush(into: out) }
  }

  /// Takes the rest of the event. A held event stays held: `flush` passes it on.
  mutating func complete(_ rest: UnsafeRawBufferPointer, into out: (UnsafeRawBufferPointer) -> Void) {
    take(rest, into: out)
  }

  /// Passes on what is still held.
  mutating func flush(into out: (UnsafeRawBufferPointer) -> Void) {
    guard released < count else { return }
    bytes.withUnsafeBytes { out($0.part(released..<count)) }
    released = count
  }

  /// The event for reading; empty where it is too long to be read.
  func withUnsafeBytes<Result>(_ body: (UnsafeRawBufferPointer) -> Result) -> Result {
    bytes.withUnsafeBytes(body)
  }

  mutating func removeAll() {
    bytes.removeAll(keepingCapacity: bytes.capacity <= StreamScanner.heldLimit)
    (count, released) = (0, 0)
  }

  private mutating func take(_ more: UnsafeRawBufferPointer, into out: (UnsafeRawBufferPointer) -> Void) {
    count += more.count
    last = more.last ?? last
    if count <= StreamScanner.readLimit || released == 0 {
      bytes.append(contentsOf: more)
    } else {
      bytes.removeAll()
    }
    guard released > 0 else { return }
    out(more)
    released = count
  }
}
