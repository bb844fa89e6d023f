internal import Policy

/// One pass over a document: where it stands, what it found wrong, and what later checks need to know.
struct Reader {
  let file: String
  let environment: [String: String]
  let files: Files

  private(set) var path = Path()
  private(set) var errors: [SettingsError] = []
  private(set) var unbuilt: [Settings.Unbuilt] = []
  /// Every place that was written, with the mark that an error there is reported at.
  private var marks: [Path: Mark] = [Path(): .start]
  private var unbuiltDepth = 0
  var names = Names()
  /// Looked up once each: thousands of limits may be in one zone, and share its table.
  private var zones: [String: Result<Zone, Refusal>] = [:]

  init(file: String, environment: [String: String], files: Files) {
    self.file = file
    self.environment = environment
    self.files = files
  }

  // MARK: Where

  /// Runs `body` one step further in, at `path`, remembering that the document wrote it.
  mutating func at<Result>(_ path: Path, _ mark: Mark, _ body: (inout Reader) -> Result) -> Result {
    let outer = self.path
    self.path = path
    marks[path] = mark
    defer { self.path = outer }
    return body(&self)
  }

  /// Where an error about all that the reader stands at is reported.
  var mark: Mark { marks[path] ?? .start }

  /// Whether the document has this key below where the reader stands.
  func isWritten(_ keys: String...) -> Bool { marks[Path(path.parts + keys)] != nil }

  /// The line of what is written below where the reader stands; of what is around it where it isn't written.
  func line(of keys: [String]) -> Int {
    var written = Path(path.parts + keys)
    while marks[written] == nil, !written.parts.isEmpty { written = written.parent }
    return (marks[written] ?? .start).line
  }

  /// Whether anything below this key of the document was found wrong.
  func hasErrors(under key: String) -> Bool { errors.contains { $0.path.hasPrefix("\(key).") } }

  /// Whether this place below where the reader stands, or anything in it, was found wrong.
  func hasErrors(at keys: [String]) -> Bool {
    let place = Path(path.parts + keys).description
    return errors.contains { error in
      guard error.path.hasPrefix(place) else { return false }
      return error.path.utf8.count == place.utf8.count
        || [".", "["].contains(error.path.dropFirst(place.count).first)
    }
  }

  // MARK: Zones

  /// Throws the end of a sentence that begins with the name.
  mutating func zone(named name: String) throws(Refusal) -> Zone {
    if let known = zones[name] { return try known.get() }
    let result = Result { () throws(Refusal) in try ZoneFolder.zone(named: name) }
    zones[name] = result
    return try result.get()
  }

  // MARK: Errors

  mutating func fail(_ message: String, at mark: Mark) {
    fail(message, at: mark, path: path)
  }

  mutating func fail(_ message: String, at mark: Mark, path: Path) {
    errors.append(
      SettingsError(
        file: file, line: mark.line, column: mark.column, path: path.description, message: message))
  }

  /// An error at a key below where the reader stands; at the nearest written place around it where it isn't written.
  mutating func fail(_ message: String, under keys: [String] = []) {
    let place = Path(path.parts + keys)
    var written = place
    while marks[written] == nil { written = written.parent }
    fail(message, at: marks[written] ?? .start, path: place)
  }

  /// An error for a key that stood in line `first` already.
  mutating func failRepeated(_ entry: Tree.Entry, first: Int) {
    fail("key '\(entry.key)' is given twice: first in line \(first)", at: entry.mark)
  }

  // MARK: Unbuilt features

  /// Notes that the document asks for what this version has not got. Parts of it aren't noted again.
  mutating func note(unbuilt what: String, at mark: Mark, instead: String) {
    guard unbuiltDepth == 0 else { return }
    let reason = "\(what) not built yet: \(instead), or use `switchyard check` only"
    unbuilt.append(
      Settings.Unbuilt(path: path.description, line: mark.line, column: mark.column, reason: reason))
  }

  mutating func insideUnbuilt<Result>(_ inside: Bool, _ body: (inout Reader) -> Result) -> Result {
    unbuiltDepth += inside ? 1 : 0
    defer { unbuiltDepth -= inside ? 1 : 0 }
    return body(&self)
  }
}
