import Foundation
import Settings
import Testing

/// Loading from disk.
struct DiskTests {
  @Test func filesAreFoundBesidesTheDocument() throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: "settings-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    try Data("secret-on-disk\n".utf8).write(to: folder.appending(path: "key"))
    let document = folder.appending(path: "sy.yaml")
    try Data(LoadTests.minimal(provider: "api_key_file: key").utf8).write(to: document)

    let settings = try Settings.load(path: document.path, environment: [:])
    #expect(settings.providers[0].keys.map(\.revealed) == ["secret-on-disk"])
    #expect(settings.printed().contains("file: \"\(folder.path)/key\""))
  }

  @Test func aFolderIsNoDocument() throws {
    let error = try #require(throws: SettingsErrors.self) {
      try Settings.load(path: "/tmp", environment: [:])
    }
    #expect(error.errors.map(\.message) == ["cannot be read: is a directory"])
  }
}
