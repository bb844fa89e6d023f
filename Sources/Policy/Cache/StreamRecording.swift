/// A streamed answer as it is stored: its bytes as they came, and when.
///
/// ```
/// events 1
/// 412 131
/// data: {"id":…}
///
/// 418 133
/// …
/// ```
/// After the first line, for each chunk: milliseconds since the first byte of the exchange's request went out, the count of its
/// bytes, a line end, the bytes, a line end. Chunks need not end where events do.
package struct StreamRecording: Equatable, Sendable {
  package struct Chunk: Equatable, Sendable {
    /// Milliseconds; never less than those of the chunk before.
    package let offset: Int64
    package let bytes: ArraySlice<UInt8>
  }

  /// The bytes to store.
  package private(set) var encoded = Array(Self.head.utf8)
  private var last: Int64 = 0

  private static let head = "events 1\n"

  package init() {}

  /// Appends what came at `offset`; an offset less than the last one's is raised to it. Empty chunks leave no trace.
  package mutating func append(_ bytes: some Collection<UInt8>, at offset: Int64) {
    guard !bytes.isEmpty else { return }
    last = max(last, offset)
    encoded += "\(last) \(bytes.count)\n".utf8
    encoded += bytes
    encoded.append(UInt8(ascii: "\n"))
  }

  /// The chunks of what was stored; nil where it isn't whole and sound.
  package static func chunks(of encoded: [UInt8]) -> [Chunk]? {
    guard encoded.starts(with: head.utf8) else { return nil }
    var rest = encoded.dropFirst(head.utf8.count)
    var chunks: [Chunk] = []
    while !rest.isEmpty {
      guard let chunk = takeChunk(&rest), chunk.offset >= chunks.last?.offset ?? 0 else { return nil }
      chunks.append(chunk)
    }
    return chunks
  }

  private static func takeChunk(_ rest: inout ArraySlice<UInt8>) -> Chunk? {
    guard let offset = takeNumber(&rest, upTo: UInt8(ascii: " ")),
      let count = takeNumber(&rest, upTo: UInt8(ascii: "\n")), count > 0, count < rest.count
    else { return nil }
    let bytes = rest.prefix(Int(count))
    rest = rest.dropFirst(Int(count))
    return rest.popFirst() == UInt8(ascii: "\n") ? Chunk(offset: offset, bytes: bytes) : nil
  }

  /// A number of up to 15 digits, and the byte behind it.
  private static func takeNumber(_ rest: inout ArraySlice<UInt8>, upTo end: UInt8) -> Int64? {
    let digits = rest.prefix(16).prefix { UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 }
    guard 1...15 ~= digits.count else { return nil }
    rest = rest.dropFirst(digits.count)
    guard rest.popFirst() == end else { return nil }
    return digits.reduce(0) { $0 * 10 + Int64($1 - UInt8(ascii: "0")) }
  }

  /// How long to wait before each chunk when it is replayed at its own pace, no wait longer than `cap` milliseconds.
  package static func pauses(of chunks: [Chunk], cap: Int64) -> [Int64] {
    guard let first = chunks.first else { return [] }
    return zip([first] + chunks, chunks).map { min(cap, $1.offset - $0.offset) }
  }
}
