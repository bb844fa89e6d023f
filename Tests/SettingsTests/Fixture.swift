import Foundation
import Settings
import Testing

/// A document of Fixtures/, and loading without a disk.
struct Fixture: CustomTestStringConvertible {
  var name: String
  var yaml: String

  static let environment = [
    "OPENAI_API_KEY": "sk-secret-of-openai", "SWITCHYARD_ADMIN_TOKEN": "secret-of-admin", "SET": "secret-set",
    "EMPTY": "", "LEARNED": "learned", "PORT": "9191", "REDIS_URL": "redis://u:secret-in-url@h/1",
  ]

  private static let files: [String: String] = [
    "/run/secrets/claude-1": "secret-of-claude-1\n", "/run/secrets/claude-2": "secret-of-claude-2",
    "/run/secrets/redis": "secret-of-redis\n", "/etc/sy/redis-ca.crt": "-----BEGIN CERTIFICATE-----\n",
    "/etc/sy/lab-ca.crt": "-----BEGIN CERTIFICATE-----\n", "there": "secret-there\n", "empty": "\n",
    "prompts/support-v3.txt": "Help “kindly”.\n", "large": String(repeating: "x", count: 256 << 10 + 1),
    "latin-1": "caf\u{fffd}", "old.sycm": "SYCM\u{1}\(String(repeating: "x", count: 200))",
    "suite.jsonl": #"{"name":"a","request":{"messages":[{"role":"user","content":"hi"}]}}"#,
  ]

  init(_ name: String) throws {
    self.name = name
    yaml = try String(contentsOf: Self.folder.appending(path: name), encoding: .utf8)
  }

  static func all(in folder: String) throws -> [Fixture] {
    try FileManager.default.contentsOfDirectory(atPath: Self.folder.appending(path: folder).path)
      .sorted().map { try Fixture("\(folder)/\($0)") }
  }

  func load() throws(SettingsErrors) -> Settings { try Self.load(yaml) }

  /// Loads text as the file `sy.yaml`.
  static func load(_ yaml: String) throws(SettingsErrors) -> Settings {
    try Settings.load(yaml: yaml, file: "sy.yaml", environment: environment) { path in
      guard let text = files[path] else { throw NoSuchFile() }
      return Array(text.utf8)
    }
  }

  /// The errors of text that must have some.
  static func errors(_ yaml: String) -> [SettingsError] {
    do throws(SettingsErrors) {
      _ = try load(yaml)
      return []
    } catch {
      return error.errors
    }
  }

  private static var folder: URL {
    let bundle = Bundle.module.resourceURL ?? Bundle.module.bundleURL
    return bundle.appending(path: "Fixtures")
  }

  var testDescription: String { name }
}

private struct NoSuchFile: Error, CustomStringConvertible {
  var description: String { "no such file" }
}
