extension Settings {
  /// Parses, decodes and validates.
  ///
  /// - Parameters:
  ///   - yaml: One document.
  ///   - file: Its name, for errors; files that it names are relative to its folder.
  ///   - environment: What `${VAR}` stands for.
  ///   - readFile: Reads the files that the document names.
  /// - Returns: The refined value; what it asks for and isn't built is listed in `unbuilt`.
  /// - Throws: All that is wrong, in the order of the document.
  package static func load(
    yaml: String, file: String, environment: [String: String], readFile: @escaping (String) throws -> [UInt8]
  ) throws(SettingsErrors) -> Settings {
    try load(yaml: yaml, file: file, environment: environment, files: Files(besides: file, read: readFile))
  }

  /// Reads the document and what it names from disk.
  package static func load(path: String, environment: [String: String]) throws(SettingsErrors) -> Settings {
    let yaml: String
    do throws(Refusal) {
      yaml = try Disk.text(of: path, limit: Document.limit)
    } catch {
      let message = "cannot be read: \(error.message)"
      throw SettingsErrors([SettingsError(file: path, line: 0, column: 0, path: "", message: message)])
    }
    var named: [String] = []
    let files = Files(besides: Disk.absolute(path)) {
      named.append($0)
      return try Disk.bytes(of: $0, limit: Document.limit)
    }
    var settings = try load(yaml: yaml, file: path, environment: environment, files: files)
    settings.files = named
    return settings
  }

  private static func load(
    yaml: String, file: String, environment: [String: String], files: Files
  ) throws(SettingsErrors) -> Settings {
    let tree: Tree
    do throws(Document.Problem) {
      tree = try Document.parse(yaml)
    } catch {
      let (line, column) = (error.mark.line, error.mark.column)
      throw SettingsErrors([
        SettingsError(file: file, line: line, column: column, path: "", message: error.message)
      ])
    }
    var reader = Reader(file: file, environment: environment, files: files)
    let settings = Form<Settings>.document.read(tree, &reader)
    guard var settings, reader.errors.isEmpty else { throw SettingsErrors(reader.errors) }
    settings.unbuilt = reader.unbuilt
    return settings
  }
}
