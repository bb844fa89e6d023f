internal import CSimdjson

/// Writes parsed JSON as RFC 8785 says: members in the order of their keys' UTF-16, numbers as ECMAScript writes them, as few escapes
/// as JSON allows, no white space. Texts stay as they are: nothing is normalised.
///
/// For documents whose numbers `NumberScan` has passed.
struct CanonicalWriter {
  private struct Member {
    let key: JSONBytes
    let value: JSONValue
  }

  private let bytes: PaddedBytes
  /// A stack: members of outer objects stay below those of inner ones.
  private var members: [Member] = []

  /// Appends to `bytes`.
  init(to bytes: PaddedBytes) { self.bytes = bytes }

  /// Writes an object without those of its own members that `isDropped` names; what they hold is still checked for duplicate keys.
  mutating func write(
    _ object: JSONValue, without isDropped: (JSONBytes, JSONValue) -> Bool
  ) throws(CanonicalFault) {
    let start = try collect(object)
    var isFirst = true
    bytes.append("{")
    for index in start..<members.count {
      let member = members[index]
      if isDropped(member.key, member.value) {
        try check(member.value)
        continue
      }
      try write(member, isFirst: isFirst)
      isFirst = false
    }
    bytes.append("}")
    members.removeSubrange(start...)
  }

  private mutating func write(_ value: JSONValue) throws(CanonicalFault) {
    switch value.raw.type {
    case CSJ_OBJECT: try write(value) { _, _ in false }
    case CSJ_ARRAY: try writeArray(value)
    case CSJ_STRING: writeString(JSONBytes(csj_string(value.raw)))
    case CSJ_INT64: writeText(String(csj_int64(value.raw)))
    case CSJ_DOUBLE: writeText(Decimal(csj_double(value.raw)).text)
    case CSJ_TRUE: bytes.append("true")
    case CSJ_FALSE: bytes.append("false")
    case CSJ_NULL: bytes.append("null")
    default: throw .inexactNumber
    }
  }

  private mutating func write(_ member: Member, isFirst: Bool) throws(CanonicalFault) {
    if !isFirst { bytes.append(",") }
    writeString(member.key)
    bytes.append(":")
    try write(member.value)
  }

  private mutating func writeArray(_ array: JSONValue) throws(CanonicalFault) {
    var elements = array.elements
    var isFirst = true
    bytes.append("[")
    while let element = elements.next() {
      if !isFirst { bytes.append(",") }
      isFirst = false
      try write(element)
    }
    bytes.append("]")
  }

  /// Puts an object's members on the stack, in order, and returns where they begin.
  private mutating func collect(_ object: JSONValue) throws(CanonicalFault) -> Int {
    let start = members.count
    var children = object.members
    while let (key, value) = children.next() { members.append(Member(key: key, value: value)) }
    members.withUnsafeMutableBufferPointer { all in
      var own = UnsafeMutableBufferPointer(rebasing: all[start...])
      own.sort { $0.key.isBefore($1.key) }
    }
    for index in members.indices.dropFirst(start + 1) where members[index - 1].key == members[index].key {
      throw .duplicateKey
    }
    return start
  }

  /// Looks for duplicate keys in a value that isn't written.
  private mutating func check(_ value: JSONValue) throws(CanonicalFault) {
    var elements = value.elements
    while let element = elements.next() { try check(element) }
    guard value.isObject else { return }
    let start = try collect(value)
    for index in start..<members.count { try check(members[index].value) }
    members.removeSubrange(start...)
  }

  private func writeText(_ text: String) {
    var text = text
    text.withUTF8 { bytes.append(UnsafeRawBufferPointer($0)) }
  }

  private func writeString(_ string: JSONBytes) {
    let text = UnsafeRawBufferPointer(string.buffer)
    var plain = 0
    bytes.append("\"")
    for index in text.indices where text[index] < 0x20 || text[index] == 0x22 || text[index] == 0x5c {
      bytes.append(text.part(plain..<index))
      writeEscape(text[index])
      plain = index + 1
    }
    bytes.append(text.part(plain..<text.count))
    bytes.append("\"")
  }

  private func writeEscape(_ byte: UInt8) {
    switch byte {
    case 0x22: bytes.append(#"\""#)
    case 0x5c: bytes.append(#"\\"#)
    case 0x08: bytes.append(#"\b"#)
    case 0x09: bytes.append(#"\t"#)
    case 0x0a: bytes.append(#"\n"#)
    case 0x0c: bytes.append(#"\f"#)
    case 0x0d: bytes.append(#"\r"#)
    default: writeText((byte < 0x10 ? #"\u000"# : #"\u00"#) + String(byte, radix: 16))
    }
  }
}

extension JSONBytes {
  /// Whether this stands before `other` in UTF-16: as in UTF-8, except that U+E000 to U+FFFF come last.
  fileprivate func isBefore(_ other: JSONBytes) -> Bool {
    for (own, others) in zip(buffer, other.buffer) where own != others {
      return Self.rank(own) < Self.rank(others)
    }
    return count < other.count
  }

  /// A first byte of 0xEE or 0xEF begins a character beyond the surrogates, which stand for those that begin with 0xF0 to 0xF4.
  private static func rank(_ byte: UInt8) -> UInt8 { byte == 0xee || byte == 0xef ? byte + 0x10 : byte }
}
