internal import Yams

/// Text to `Tree`; the only file that knows the YAML library.
///
/// Bounded whatever the text: 4 MiB, 64 levels, no anchors.
enum Document {
  static let limit = 4 << 20
  static let maxDepth = 64
  private static let maxDuplicates = 64

  /// Why text is no document.
  struct Problem: Error {
    var mark: Mark
    var message: String
  }

  static func parse(_ text: String) throws(Problem) -> Tree {
    guard text.utf8.count <= limit else {
      throw Problem(mark: .start, message: "the document is larger than \(limit >> 20) MiB")
    }
    if let mark = AnchorScan.firstAnchor(in: text) {
      throw Problem(
        mark: mark,
        message: "anchors and aliases (&name, *name) are not supported: repeat the value instead"
          + " (where '&' is text, write it \"\\x26\" in double quotes)")
    }
    return try tree(of: text)
  }

  /// The library stops at the first repeated key. Each one is renamed in the text, its true name kept beside, until
  /// the document parses: the reader then reports them all, with every other error.
  private static func tree(of text: String) throws(Problem) -> Tree {
    var text = text
    var renamed: [Mark: String] = [:]
    var repeated: Problem?
    while true {
      do {
        guard let root = try Yams.compose(yaml: text, .basic) else {
          throw Problem(mark: .start, message: "the document is empty")
        }
        return try Conversion(names: renamed).tree(root, depth: 0)
      } catch YamlError.duplicatedKeysInMapping(let duplicates, let context) {
        let mark = Mark(context.mark)
        let name = duplicates.first ?? ""
        let problem = Problem(mark: mark, message: "key '\(name)' is given twice")
        guard renamed.count < maxDuplicates, renamed[mark] == nil,
          let other = text.renamingKey(at: mark, number: renamed.count)
        else { throw repeated ?? problem }
        repeated = problem
        renamed[mark] = name
        text = other
      } catch let problem as Problem {
        throw problem
      } catch {
        throw repeated ?? Problem(error, in: text)
      }
    }
  }
}

/// The library's nodes to ours.
private struct Conversion {
  /// Names of the keys that were renamed for parsing.
  let names: [Mark: String]

  func tree(_ node: Node, depth: Int) throws(Document.Problem) -> Tree {
    let mark = Mark(node.mark)
    guard depth <= Document.maxDepth else {
      throw Document.Problem(mark: mark, message: "nested more than \(Document.maxDepth) levels deep")
    }
    switch node {
    case .scalar(let scalar):
      return Tree(content: scalar.isNothing ? .nothing : .scalar(scalar.string), mark: mark)
    case .sequence(let elements):
      var trees: [Tree] = []
      for element in elements { trees.append(try tree(element, depth: depth + 1)) }
      return Tree(content: .sequence(trees), mark: mark)
    case .mapping(let pairs):
      var entries: [Tree.Entry] = []
      for (key, value) in pairs { entries.append(try entry(key, value, depth: depth)) }
      return Tree(content: .mapping(entries), mark: mark)
    case .alias:
      throw Document.Problem(mark: mark, message: "aliases are not supported: repeat the value instead")
    }
  }

  private func entry(_ key: Node, _ value: Node, depth: Int) throws(Document.Problem) -> Tree.Entry {
    let mark = Mark(key.mark)
    guard case .scalar(let scalar) = key else {
      throw Document.Problem(mark: mark, message: "a key must be a single word")
    }
    return Tree.Entry(
      key: names[mark] ?? scalar.string, mark: mark, value: try tree(value, depth: depth + 1))
  }
}

extension Node.Scalar {
  fileprivate var isNothing: Bool {
    style == .plain && ["", "~", "null", "Null", "NULL"].contains(string)
  }
}

extension Mark {
  fileprivate init(_ mark: Yams.Mark?) {
    self.init(line: max(1, mark?.line ?? 1), column: max(1, mark?.column ?? 1))
  }
}

extension Document.Problem {
  /// A syntax error. The library's own text quotes the document, which may hold secrets, so only its reason is taken.
  fileprivate init(_ error: any Error, in text: String) {
    switch error {
    case YamlError.scanner(_, let problem, let mark, _), YamlError.parser(_, let problem, let mark, _),
      YamlError.composer(_, let problem, let mark, _):
      let mark = Mark(mark)
      self.init(mark: mark, message: "not valid YAML: \(problem)" + Self.hint(at: mark, in: text))
    case YamlError.reader(let problem, let offset, _, _):
      self.init(mark: Mark(offset: offset ?? 0, in: text), message: "not valid YAML: \(problem)")
    default:
      self.init(mark: .start, message: "not valid YAML")
    }
  }

  /// The commonest slip: `{ api_key: ${KEY} }` without quotes.
  private static func hint(at mark: Mark, in text: String) -> String {
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
    guard mark.line <= lines.count, lines[mark.line - 1].contains("${") else { return "" }
    return " (inside { } and [ ], references need quotes: \"${NAME}\")"
  }
}

extension Mark {
  /// The place of the character with this offset.
  fileprivate init(offset: Int, in text: String) {
    self = .start
    for character in text.prefix(offset) {
      if character.isNewline { self = Mark(line: line + 1, column: 1) } else { column += 1 }
    }
  }
}

extension String {
  /// This text with the first letter of the key at `mark` replaced by a private-use one, so that no column moves.
  /// Nil where there is no such place.
  fileprivate func renamingKey(at mark: Mark, number: Int) -> String? {
    var scalars = unicodeScalars
    guard var index = scalars.index(of: mark) else { return nil }
    if scalars[index] == "\"" || scalars[index] == "'" { index = scalars.index(after: index) }
    guard index < scalars.endIndex, let stand = Unicode.Scalar(0xE000 + number) else { return nil }
    scalars.replaceSubrange(index...index, with: CollectionOfOne(stand))
    return String(scalars)
  }
}

extension String.UnicodeScalarView {
  fileprivate func index(of mark: Mark) -> Index? {
    var line = 1
    var column = 1
    for index in indices {
      if line == mark.line, column == mark.column { return index }
      if self[index] == "\n" {
        line += 1
        column = 1
      } else {
        column += 1
      }
    }
    return nil
  }
}
