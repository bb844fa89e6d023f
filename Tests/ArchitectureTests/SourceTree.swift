import Foundation

/// The repository that these tests were compiled from, read from disk.
enum SourceTree {
  static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent()

  struct File {
    /// `Sources/Policy/Glob.swift`
    var path: String
    var lines: [Substring]

    var name: String { path.split(separator: "/").last.map(String.init) ?? path }
  }

  /// Folders in `Sources`, sorted.
  static func targets() throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: root.appending(path: "Sources").path)
      .filter { !$0.hasPrefix(".") }.sorted()
  }

  /// The Swift files of a target, however deep, sorted by path.
  static func files(of target: String) throws -> [File] {
    let folder = "Sources/\(target)"
    let names = try FileManager.default.subpathsOfDirectory(atPath: root.appending(path: folder).path)
    return try names.filter { $0.hasSuffix(".swift") }.sorted().map { name in
      File(
        path: "\(folder)/\(name)",
        lines: try text(of: "\(folder)/\(name)").split(separator: "\n", omittingEmptySubsequences: false))
    }
  }

  static func text(of path: String) throws -> String {
    try String(contentsOf: root.appending(path: path), encoding: .utf8)
  }
}
