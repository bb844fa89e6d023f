/// What texts of a record may look like.
enum RecordRule {
  static let name = "use up to 128 letters, digits and . _ - : / + with a letter or digit first"

  /// As names in the configuration: so a name can stand in a key of Redis, and in a line of a record.
  static func isName(_ text: some StringProtocol) -> Bool {
    guard let first = text.utf8.first, text.utf8.count <= 128, isAlphanumeric(first) else { return false }
    return text.utf8.allSatisfy { isAlphanumeric($0) || "._-:/+".utf8.contains($0) }
  }

  /// A name in which `*` stands for any letters.
  static func isGlob(_ text: some StringProtocol) -> Bool {
    guard let first = text.utf8.first, text.utf8.count <= 128 else { return false }
    guard isAlphanumeric(first) || first == UInt8(ascii: "*") else { return false }
    return text.utf8.allSatisfy { isAlphanumeric($0) || "._-:/+*".utf8.contains($0) }
  }

  /// As `Europe/Berlin`: parts that begin with a letter.
  static func isZone(_ text: String) -> Bool {
    guard text.utf8.count <= 64 else { return false }
    return text.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false).allSatisfy {
      part in
      guard let first = part.first, isAlphanumeric(first), !isDigit(first) else { return false }
      return part.allSatisfy { isAlphanumeric($0) || "_-+".utf8.contains($0) }
    }
  }

  static func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }

  private static func isAlphanumeric(_ byte: UInt8) -> Bool {
    isDigit(byte) || (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20)
  }
}

/// What is wrong with a record, or with what a record is to be made of.
package struct KeyRecordError: Error, Equatable, CustomStringConvertible {
  /// The field of the record.
  package let field: String
  /// What follows the field in a sentence.
  package let reason: String

  package init(_ field: String, _ reason: String) {
    self.field = field
    self.reason = reason
  }

  package var description: String { "\(field) \(reason)" }
}
