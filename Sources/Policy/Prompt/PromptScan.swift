/// Reads the turn of a conversation that asks, from pieces in their order, in linear time and without an allocation.
///
/// Up to 80 KiB every word is read. Of more, the first 64 KiB and the last 16 are, and of the rest only bytes are counted. What is
/// to be done is looked for in the first 4 KiB and the last 2 alone: what stands between is taken for material.
package struct PromptScan: Sendable {
  private static let wordsAtStart = 64 << 10
  private static let wordsAtEnd = 16 << 10
  private static let asksAtStart = 4 << 10
  private static let asksAtEnd = 2 << 10

  let length: Int
  private var position = 0
  private(set) var counts = ByteCounts()
  private(set) var words = WordScan()

  /// `length`: bytes of all pieces together.
  package init(length: Int) { self.length = length }

  /// The next piece of UTF-8. Any bytes may come; where they are cut makes no difference.
  package mutating func add(_ bytes: UnsafeRawBufferPointer) {
    counts.add(bytes)
    var offset = 0
    while offset < bytes.count {
      let part = min(bytes.count - offset, edge - position)
      read(UnsafeRawBufferPointer(rebasing: bytes[offset..<offset + part]))
      (offset, position) = (offset + part, position + part)
    }
  }

  private mutating func read(_ bytes: UnsafeRawBufferPointer) {
    if position < Self.wordsAtStart || position >= length - Self.wordsAtEnd {
      words.add(bytes, isAsking: isAsking)
    } else {
      words.end(isAsking: false)
    }
  }

  private var isAsking: Bool { position < Self.asksAtStart || position >= length - Self.asksAtEnd }

  /// The next position from which on bytes are read in another way.
  private var edge: Int {
    var next = Int.max
    let edges = (
      Self.asksAtStart, Self.wordsAtStart, length - Self.wordsAtEnd, length - Self.asksAtEnd
    )
    if edges.0 > position { next = edges.0 }
    if edges.1 > position { next = min(next, edges.1) }
    if edges.2 > position { next = min(next, edges.2) }
    if edges.3 > position { next = min(next, edges.3) }
    return next
  }

  /// The text has ended.
  mutating func end() { words.end(isAsking: isAsking || position >= length) }
}
