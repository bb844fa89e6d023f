internal import CSimdjson
internal import Glibc

/// Unescaped UTF-8 of a key or string; borrowed from the parser until its next document.
struct JSONBytes {
  let start: UnsafePointer<UInt8>
  let count: Int

  @inline(__always)
  init(_ bytes: csj_bytes) {
    start = bytes.start
    count = bytes.count
  }

  var buffer: UnsafeBufferPointer<UInt8> { UnsafeBufferPointer(start: start, count: count) }

  /// Scalars from U+3000 to U+DFFF (Chinese, Japanese, Korean): their first bytes.
  var wideScalars: Int {
    var count = 0
    for byte in buffer where byte >= 0xe3 && byte <= 0xed { count &+= 1 }
    return count
  }

  /// A copy that outlives the document.
  var string: String { String(decoding: buffer, as: UTF8.self) }

  func spells(_ text: String) -> Bool { count == text.utf8.count && buffer.elementsEqual(text.utf8) }

  @inline(__always)
  static func == (left: JSONBytes, right: JSONBytes) -> Bool {
    left.count == right.count && memcmp(left.start, right.start, left.count) == 0
  }

  @inline(__always)
  static func == (left: JSONBytes, right: StaticString) -> Bool {
    left.count == right.utf8CodeUnitCount && memcmp(left.start, right.utf8Start, left.count) == 0
  }
}
