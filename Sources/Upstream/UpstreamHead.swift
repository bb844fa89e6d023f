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

  /// Forgets everything but keeps the memory, for the next answer on the same handle.
  package mutating func reset(status: Int) {
    self.status = status
    lines.removeAll(keepingCapacity: true)
  }

  /// Calls `body` with each field's name and value; blanks around the value are cut off. Lines without a colon are skipped.
  package func forEachField(_ body: (_ name: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer) -> Void) {
    lines.withUnsafeBytes { bytes in
      var rest = bytes[...]
      while let end = rest.firstIndex(of: 0x0A) {
        let line = rest[rest.startIndex..<end]
        rest = rest[(end + 1)...]
        guard let colon = line.firstIndex(of: 0x3A) else { continue }
        body(
          UnsafeRawBufferPointer(rebasing: line[line.startIndex..<colon]),
          UnsafeRawBufferPointer(rebasing: Self.trimmed(line[(colon + 1)...])))
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

  private static func trimmed(_ slice: Slice<UnsafeRawBufferPointer>) -> Slice<UnsafeRawBufferPointer> {
    var slice = slice
    while let first = slice.first, first == 0x20 || first == 0x09 { slice.removeFirst() }
    while let last = slice.last, last == 0x20 || last == 0x09 { slice.removeLast() }
    return slice
  }
}
