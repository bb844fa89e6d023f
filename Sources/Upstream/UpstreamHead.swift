/// The head of a provider's answer: its status, and its fields as they came.
package struct UpstreamHead: Sendable {
  package var status: Int
  /// Field lines without their line ends, joined by `\n`.
  private var lines: [UInt8] = []

  package init(status: Int) { self.status = status }

  package var byteCount: Int { lines.count }

  /// Adds one field line (`name: value`, no line end).
  package mutating func append(line: UnsafeRawBufferPointer) {
    lines.append(contentsOf: line)
    lines.append(0x0A)
  }

  /// Forgets everything, and makes room for a usual head: the former one has been handed on.
  package mutating func reset(status: Int) {
    self.status = status
    guard !lines.isEmpty || lines.capacity == 0 else { return }
    lines = []
    lines.reserveCapacity(512)
  }

  /// Calls `body` with each field's name and value; blanks around the value are cut off. Lines without a colon are skipped.
  package func forEachField(_ body: (_ name: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer) -> Void)
  {
    lines.withUnsafeBytes { bytes in
      var start = 0
      while start < bytes.count {
        var (end, colon) = (start, -1)
        while bytes[end] != 0x0A {
          if colon < 0, bytes[end] == 0x3A { colon = end }
          end += 1
        }
        if colon >= 0 { body(Self.part(bytes, start, colon), Self.trimmed(bytes, colon + 1, end)) }
        start = end + 1
      }
    }
  }

  /// The first value of a field, its name given in lower case; nil where absent or not UTF-8.
  package func first(_ name: StaticString) -> String? {
    var found: String?
    forEachField { field, value in
      guard found == nil, Self.equal(field, name) else { return }
      found = String(validating: value, as: UTF8.self)
    }
    return found
  }

  /// Whether a field is there and its value begins with a text.
  package func value(of name: StaticString, startsWith prefix: StaticString) -> Bool {
    var starts = false
    forEachField { field, value in
      guard Self.equal(field, name), value.count >= prefix.utf8CodeUnitCount else { return }
      starts = Self.equal(UnsafeRawBufferPointer(rebasing: value[..<prefix.utf8CodeUnitCount]), prefix)
    }
    return starts
  }

  /// Whether a field name equals one in lower case, letters compared without case.
  package static func equal(_ field: UnsafeRawBufferPointer, _ name: StaticString) -> Bool {
    guard field.count == name.utf8CodeUnitCount else { return false }
    for index in 0..<field.count {
      let byte = field[index]
      let lower = byte &- 0x41 < 26 ? byte | 0x20 : byte
      if lower != name.utf8Start[index] { return false }
    }
    return true
  }

  static func trimmed(_ bytes: UnsafeRawBufferPointer, _ start: Int, _ end: Int)
    -> UnsafeRawBufferPointer
  {
    var (start, end) = (start, end)
    while start < end, bytes[start] == 0x20 || bytes[start] == 0x09 { start += 1 }
    while start < end, bytes[end - 1] == 0x20 || bytes[end - 1] == 0x09 { end -= 1 }
    return part(bytes, start, end)
  }

  private static func part(_ bytes: UnsafeRawBufferPointer, _ start: Int, _ end: Int)
    -> UnsafeRawBufferPointer
  {
    UnsafeRawBufferPointer(rebasing: bytes[start..<end])
  }
}
