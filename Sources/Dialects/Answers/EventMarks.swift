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
  private typealias Lanes = SIMD16<UInt8>

  /// Looks for all marks in one pass, 16 bytes a step: a candidate is a quote with `u`, `f`, `e` or `r` behind it, or
  /// `[D`. Such a pair with a closing quote cannot stand inside a JSON string, where its quotes would be escaped.
  init(in bytes: UnsafeRawBufferPointer) {
    self = []
    guard let start = bytes.baseAddress else { return }
    let lanes = Lanes.scalarCount
    var at = 0
    while at + lanes < bytes.count {
      let first = start.loadUnaligned(fromByteOffset: at, as: Lanes.self)
      let second = start.loadUnaligned(fromByteOffset: at + 1, as: Lanes.self)
      let quoted =
        (first .== 0x22) .& ((second .== 0x75) .| (second .== 0x66) .| (second .== 0x65) .| (second .== 0x72))
      let hits = quoted .| ((first .== 0x5b) .& (second .== 0x44))
      let words = unsafeBitCast(hits, to: SIMD2<UInt64>.self)
      if words[0] | words[1] != 0 {
        addHits(words[0], bytes, at)
        addHits(words[1], bytes, at + 8)
      }
      at += lanes
    }
    while at + 1 < bytes.count {
      add(bytes, at)
      at += 1
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
