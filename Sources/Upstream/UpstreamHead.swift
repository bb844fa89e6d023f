import Glibc

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
    forEachLine { line in
      guard let base = line.baseAddress, let found = memchr(base, 0x3A, line.count) else { return true }
      let colon = UnsafeRawPointer(found) - base
      body(Self.part(line, 0, colon), Self.trimmed(line, colon + 1, line.count))
      return true
    }
  }

  /// Calls `body` with each field line, while it says so.
  private func forEachLine(_ body: (UnsafeRawBufferPointer) -> Bool) {
    lines.withUnsafeBytes { bytes in
      guard let base = bytes.baseAddress else { return }
      var start = 0
      while start < bytes.count, let found = memchr(base + start, 0x0A, bytes.count - start) {
        let end = UnsafeRawPointer(found) - base
        guard body(UnsafeRawBufferPointer(start: base + start, count: end - start)) else { return }
        start = end + 1
      }
    }
  }

  /// Calls `body` with the first value of a field, its name given in lower case; nil where it is absent.
  private func withFirst<Result>(_ name: StaticString, _ body: (UnsafeRawBufferPointer) -> Result) -> Result?
  {
    let length = name.utf8CodeUnitCount
    var result: Result?
    forEachLine { line in
      guard line.count > length, line[length] == 0x3A, Self.equal(Self.part(line, 0, length), name) else {
        return true
      }
      result = body(Self.trimmed(line, length + 1, line.count))
      return false
    }
    return result
  }

  /// The first value of a field, its name given in lower case; nil where absent or not UTF-8.
  package func first(_ name: StaticString) -> String? {
    withFirst(name) { value in
      // Validating is generic code; almost every value is ASCII.
      value.allSatisfy { $0 < 0x80 }
        ? String(decoding: value, as: UTF8.self) : String(validating: value, as: UTF8.self)
    } ?? nil
  }

  /// How long the provider asks to wait, in whole seconds rounded up; nil where it doesn't say, or says a date.
  package var retryAfterSeconds: Int? {
    if let milliseconds = first("retry-after-ms").flatMap({ Int($0) }),
      (0...86_400_000).contains(milliseconds)
    {
      return (milliseconds + 999) / 1000
    }
    return first("retry-after").flatMap { Int($0) }.flatMap { (0...86_400).contains($0) ? $0 : nil }
  }

  /// Whether the first value of a field begins with a text.
  package func value(of name: StaticString, startsWith prefix: StaticString) -> Bool {
    let length = prefix.utf8CodeUnitCount
    return withFirst(name) { $0.count >= length && Self.equal(Self.part($0, 0, length), prefix) } ?? false
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
