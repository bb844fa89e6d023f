import FoundationEssentials  // all of Foundation is 30 MB more, of data on languages
import Settings

/// What `check --json` prints.
struct CheckReport: Encodable {
  struct Item: Encodable {
    var line: Int
    var column: Int
    var path: String
    var message: String
  }

  /// Valid, and perhaps not meant.
  struct Doubt: Encodable {
    var path: String
    var message: String
  }

  var valid: Bool
  var errors: [Item]
  var unbuilt: [Item]
  var warnings: [Doubt]

  static func json(
    errors: [SettingsError], unbuilt: [Settings.Unbuilt], _ warnings: [Settings.Warning] = []
  ) -> String {
    let report = CheckReport(
      valid: errors.isEmpty,
      errors: errors.map { Item(line: $0.line, column: $0.column, path: $0.path, message: $0.message) },
      unbuilt: unbuilt.map { Item(line: $0.line, column: $0.column, path: $0.path, message: $0.reason) },
      warnings: warnings.map { Doubt(path: $0.path, message: $0.message) })
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    return (try? encoder.encode(report)).map { String(decoding: $0, as: UTF8.self) } ?? "{}"
  }
}
