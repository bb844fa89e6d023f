/// What an event might hold, seen from its bytes alone: a hint that reading its JSON may pay.
struct EventMarks: OptionSet {
  let rawValue: UInt8

  /// `"usage"` with a value.
  static let usage = EventMarks(rawValue: 1)
  /// `"finish_reason"` with a value.
  static let finish = EventMarks(rawValue: 2)
  /// `"error"`, unless it is a key without a value.
  static let error = EventMarks(rawValue: 4)
  /// `[DONE]`.
  static let done = EventMarks(rawValue: 8)
  /// `"response.completed"`, `"response.failed"` or `"response.incomplete"`.
  static let ending = EventMarks(rawValue: 16)
}

extension EventMarks {
  /// Looks for all marks in one pass: a candidate is a quote with `u`, `f`, `e` or `r` behind it, or `[D`.
  /// Such a name with a closing quote cannot stand inside a JSON string, where its quotes would be escaped.
  init(in bytes: UnsafeRawBufferPointer) {
    self = []
    guard let start = bytes.baseAddress else { return }
    withUnsafeTemporaryAllocation(byteCount: block, alignment: 16) { hits in
      guard let found = hits.baseAddress else { return }
      var at = 0
      while at + block < bytes.count {
        findCandidates(start + at, found)
        addHits(UnsafeRawBufferPointer(hits), bytes, at)
        at += block
      }
      for index in at..<max(at, bytes.count - 1) { add(bytes, index) }
    }
  }

  /// Looks at each byte of the block at `at` that is marked in `hits`.
  @inline(__always)
  private mutating func addHits(_ hits: UnsafeRawBufferPointer, _ bytes: UnsafeRawBufferPointer, _ at: Int) {
    for word in stride(from: 0, to: block, by: 8) {
      let marked = hits.load(fromByteOffset: word, as: UInt64.self)
      if marked != 0 { addHits(marked, bytes, at + word) }
    }
  }

  /// Looks at each of 8 bytes from `at` on whose byte in `hits` is set.
  private mutating func addHits(_ hits: UInt64, _ bytes: UnsafeRawBufferPointer, _ at: Int) {
    var hits = hits
    while hits != 0 {
      let byte = hits.trailingZeroBitCount >> 3
      add(bytes, at + byte)
      hits &= ~(0xff << UInt64(byte << 3))
    }
  }

  private mutating func add(_ bytes: UnsafeRawBufferPointer, _ at: Int) {
    switch (bytes[at], bytes[at + 1]) {
    case (0x22, 0x75): addKey(.usage, #""usage""#, bytes, at)
    case (0x22, 0x66): addKey(.finish, #""finish_reason""#, bytes, at)
    case (0x22, 0x65): addKey(.error, #""error""#, bytes, at)
    case (0x22, 0x72): addEnding(bytes, at)
    case (0x5b, 0x44): if bytes.has("[DONE]", at: at) { insert(.done) }
    default: break
    }
  }

  private mutating func addKey(
    _ mark: EventMarks, _ key: StaticString, _ bytes: UnsafeRawBufferPointer, _ at: Int
  ) {
    guard !contains(mark), bytes.has(key, at: at) else { return }
    var next = bytes.skipSpaces(from: at + key.utf8CodeUnitCount)
    if next < bytes.count, bytes[next] == 0x3a {
      next = bytes.skipSpaces(from: next + 1)
      if bytes.has("null", at: next) { return }
    } else if mark != .error {
      return
    }
    insert(mark)
  }

  private mutating func addEnding(_ bytes: UnsafeRawBufferPointer, _ at: Int) {
    guard bytes.has(#""response."#, at: at) else { return }
    let isEnding =
      bytes.has(#"completed""#, at: at + 10) || bytes.has(#"failed""#, at: at + 10)
      || bytes.has(#"incomplete""#, at: at + 10)
    if isEnding { insert(.ending) }
  }
}

/// Bytes that are compared at once.
private let block = 64

/// Sets each byte of `hits` where a candidate stands at the same place of `start`, clears the others; reads
/// one byte more than a block.
///
/// A plain loop of fixed length, which the compiler turns into vector instructions. Swift's own SIMD types
/// compare lane by lane, a hundred times slower.
@inline(__always)
private func findCandidates(_ start: UnsafeRawPointer, _ hits: UnsafeMutableRawPointer) {
  let bytes = start.assumingMemoryBound(to: UInt8.self)
  let hits = hits.assumingMemoryBound(to: UInt8.self)
  for index in 0..<block {
    let (first, second) = (bytes[index], bytes[index &+ 1])
    let name = mask(second, 0x75) | mask(second, 0x66) | mask(second, 0x65) | mask(second, 0x72)
    hits[index] = mask(first, 0x22) & name | mask(first, 0x5b) & mask(second, 0x44)
  }
}

@inline(__always)
private func mask(_ byte: UInt8, _ wanted: UInt8) -> UInt8 { byte == wanted ? 0xff : 0 }
