import Testing

/// Holds the code to `ImportTable`.
struct ImportTableTests {
  @Test func everyFolderOfSourcesIsInTheTable() throws {
    #expect(
      try SourceTree.targets() == ImportTable.rows.map(\.target).sorted(),
      "a target is added to the table with the imports that architecture §3 allows it")
  }

  @Test(arguments: ImportTable.rows.map(\.target))
  func aTargetImportsWhatTheTableAllows(_ target: String) throws {
    let row = try #require(ImportTable.row(target))
    for file in try SourceTree.files(of: target) {
      let allowed = row.mayImport(from: file.name)
      for (index, line) in file.lines.enumerated() {
        guard let module = ImportStatement(line: line)?.module, !allowed.contains(module) else { continue }
        Issue.record("\(file.path):\(index + 1) imports \(module); \(Self.rule(row, for: module, allowed))")
      }
    }
  }

  @Test func doorsToCHoldNoSwift() throws {
    for row in ImportTable.rows where row.isC {
      let paths = try SourceTree.files(of: row.target).map(\.path)
      #expect(paths.isEmpty, "\(row.target) is a door to C, without logic")
    }
  }

  @Test func everyExceptionNamesAFileThatNeedsIt() throws {
    for row in ImportTable.rows {
      let files = try SourceTree.files(of: row.target)
      for (module, names) in row.doors {
        let users = files.filter { $0.lines.contains { ImportStatement(line: $0)?.module == module } }
        #expect(
          Set(users.map(\.name)).isSuperset(of: names),
          "\(row.target) allows \(module) where nobody imports it")
      }
    }
  }

  @Test func targetsDependOnWhatTheyMayImport() throws {
    let manifest = Manifest(text: try SourceTree.text(of: "Package.swift"))
    for row in ImportTable.rows {
      let dependencies = try #require(
        manifest.dependencies[row.target], "Package.swift has no target \(row.target)")
      let strangers = dependencies.subtracting(row.everything).sorted()
      #expect(
        strangers.isEmpty,
        "Package.swift: \(row.target) depends on \(strangers); \(Self.list(row.everything))")
    }
  }

  @Test func policyDependsOnNothing() throws {
    let manifest = Manifest(text: try SourceTree.text(of: "Package.swift"))
    #expect(manifest.dependencies["Policy"] == [])
    #expect(ImportTable.row("Policy")?.everything == [])
  }

  @Test func foundationStaysOffTheHotPath() {
    for row in ImportTable.rows where !["switchyard", "modelsim"].contains(row.target) {
      #expect(!row.everything.contains("Foundation"), "\(row.target) serves requests")
    }
  }

  private static func rule(_ row: ImportTable.Row, for module: String, _ allowed: Set<String>) -> String {
    if let files = row.doors[module] {
      return "in \(row.target) only \(files.sorted().joined(separator: ", ")) may"
    }
    return "\(row.target) \(list(allowed))"
  }

  private static func list(_ modules: Set<String>) -> String {
    "may import " + (modules.isEmpty ? "nothing" : modules.sorted().joined(separator: ", "))
  }
}
