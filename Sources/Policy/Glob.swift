/// A pattern of names: `*` stands for any run of characters, `?` for one Unicode scalar; everything else for itself, byte by byte.
package struct Glob: Sendable, Hashable {
  private static let star = UInt8(ascii: "*")
  private static let one = UInt8(ascii: "?")

  private let pattern: [UInt8]

  package init(_ pattern: String) { self.pattern = Array(pattern.utf8) }

  /// Whether the whole name fits, in time proportional to the two lengths' product at worst. Allocates nothing.
  package func matches(_ name: String) -> Bool {
    var name = name
    return name.withUTF8 { matches($0) }
  }

  private func matches(_ name: UnsafeBufferPointer<UInt8>) -> Bool {
    var (p, n) = (0, 0)
    var star: (pattern: Int, name: Int)?
    while n < name.count {
      if p < pattern.count, pattern[p] == Self.star {
        star = (p, n)
        p += 1
      } else if p < pattern.count, pattern[p] == Self.one, !Self.isContinuation(name[n]) {
        (p, n) = (p + 1, n + 1)
        while n < name.count, Self.isContinuation(name[n]) { n += 1 }
      } else if p < pattern.count, pattern[p] != Self.one, pattern[p] == name[n] {
        (p, n) = (p + 1, n + 1)
      } else if let last = star {
        star = (last.pattern, last.name + 1)
        (p, n) = (last.pattern + 1, last.name + 1)
      } else {
        return false
      }
    }
    return pattern[p...].allSatisfy { $0 == Self.star }
  }

  /// Whether a byte of a pattern stands for others than itself.
  static func isWild(_ byte: UInt8) -> Bool { byte == star || byte == one }

  /// A byte of a scalar but its first.
  private static func isContinuation(_ byte: UInt8) -> Bool { byte & 0xC0 == 0x80 }
}
