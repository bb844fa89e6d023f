/// What stands in a masked request in the place of what, and is put back in its answer. Never printed.
package struct Placeholders: Sendable {
  struct Entry: Sendable {
    /// Between `<` and `>`: `email_1`.
    var name: [UInt8]
    /// The text that it stands for, as it is written within a JSON string, and within a JSON text within one.
    var once: [UInt8]
    var twice: [UInt8]
  }

  private(set) var entries: [Entry] = []
  /// Bytes of the longest name.
  private(set) var longest = 0

  var isEmpty: Bool { entries.isEmpty }

  init() {}

  mutating func add(_ name: String, for text: [UInt8]) {
    let once = Self.escaped(text)
    entries.append(Entry(name: Array(name.utf8), once: once, twice: Self.escaped(once)))
    longest = max(longest, name.utf8.count)
  }

  func entry(_ name: some Collection<UInt8>) -> Entry? { entries.first { $0.name.elementsEqual(name) } }

  func isBeginning(_ name: some Collection<UInt8>) -> Bool { entries.contains { $0.name.starts(with: name) } }

  private static func escaped(_ text: [UInt8]) -> [UInt8] {
    let bytes = PaddedBytes(capacity: text.count + 16)
    bytes.appendJSON(String(decoding: text, as: UTF8.self))
    return bytes.withUnsafeBytes { Array($0.dropFirst().dropLast()) }
  }
}
