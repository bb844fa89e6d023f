internal import Policy

extension Form where Value == Zone {
  /// A name of the time zone database.
  static var zone: Form {
    Form(
      schema: ["type": "string", "examples": ["Europe/Berlin"]],
      read: { tree, reader in
        guard let text = reader.text(tree, wanted: "a time zone") else { return nil }
        do throws(Refusal) {
          return try reader.zone(named: text.value)
        } catch {
          reader.fail("'\(text.written)' \(error.message)", at: tree.mark)
          return nil
        }
      },
      write: { .scalar($0.name) })
  }
}

/// The machine's time zone database.
enum ZoneFolder {
  static let path = "/usr/share/zoneinfo"
  private static let limit = 1 << 20

  /// Throws the end of a sentence that begins with the name.
  static func zone(named name: String, in folder: String = path) throws(Refusal) -> Zone {
    if name == Zone.utc.name { return .utc }
    guard accepts(name) else { throw Refusal("is not a time zone, such as Europe/Berlin") }
    guard let names = Disk.names(in: folder) else {
      throw Refusal(
        "cannot be looked up, as there is no \(folder): install the package tzdata, or write UTC")
    }
    guard let bytes = try? Disk.bytes(of: "\(folder)/\(name)", limit: limit) else {
      throw Refusal("is not a time zone of \(folder)" + suggestion(for: name, regions: names, folder))
    }
    guard let zone = Zone(name: name, tzif: bytes) else {
      throw Refusal("cannot be read: \(folder)/\(name) holds no time zone in Unix seconds")
    }
    return zone
  }

  /// Words of letters and a few signs between slashes: nothing that leads out of the folder.
  private static func accepts(_ name: String) -> Bool {
    guard name.utf8.count <= 64 else { return false }
    return name.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false).allSatisfy {
      part in
      guard let first = part.first, Ascii.isLetter(first) else { return false }
      return part.allSatisfy { Ascii.isLetter($0) || Ascii.isDigit($0) || "_-+".utf8.contains($0) }
    }
  }

  /// A name like this one, or one that ends with it: `Berlin` is Europe/Berlin.
  private static func suggestion(for name: String, regions: [String], _ folder: String) -> String {
    let names = names(regions, in: folder, depth: 3)
    let city = names.sorted().first { $0.lowercased().hasSuffix("/\(name.lowercased())") }
    return city.map { ": did you mean '\($0)'?" } ?? Suggestion.text(for: name, among: names)
  }

  /// All zones below these entries; the copies in `posix` and `right` are not for people.
  private static func names(_ entries: [String], in folder: String, depth: Int) -> [String] {
    entries.filter { accepts($0) && $0 != "posix" && $0 != "right" }.flatMap { entry -> [String] in
      guard depth > 0, let more = Disk.names(in: "\(folder)/\(entry)") else { return [entry] }
      return names(more, in: "\(folder)/\(entry)", depth: depth - 1).map { "\(entry)/\($0)" }
    }
  }
}
