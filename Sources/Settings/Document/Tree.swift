/// A place in the document, counted from 1; columns count Unicode scalars.
struct Mark: Hashable, Comparable {
  var line: Int
  var column: Int

  static let start = Mark(line: 1, column: 1)

  static func < (a: Mark, b: Mark) -> Bool { (a.line, a.column) < (b.line, b.column) }
}

/// YAML as read, before anything is known of its meaning; also what printing makes.
struct Tree {
  enum Content {
    /// A key with nothing behind it, `~` or `null`.
    case nothing
    case scalar(String)
    case sequence([Tree])
    /// In the order of the document; names may repeat, which is the reader's to refuse.
    case mapping([Entry])
  }

  struct Entry {
    var key: String
    var mark: Mark
    var value: Tree
  }

  /// How a single value is written, where that says what it is: `5` is a number of JSON, `"5"` a text.
  enum Style {
    /// As it comes.
    case any
    case plain, quoted
  }

  var content: Content
  var mark: Mark = .start
  var style = Style.any

  static func scalar(_ text: String) -> Tree { Tree(content: .scalar(text)) }
  static func sequence(_ elements: [Tree]) -> Tree { Tree(content: .sequence(elements)) }
  static func mapping(_ entries: [(String, Tree)]) -> Tree {
    Tree(content: .mapping(entries.map { Entry(key: $0.0, mark: .start, value: $0.1) }))
  }

  /// What an error says that it found.
  var kind: String {
    switch content {
    case .nothing: "nothing"
    case .scalar: "a single value"
    case .sequence: "a list"
    case .mapping: "a mapping"
    }
  }

  /// `{}` and `[]` ask for nothing.
  var isEmpty: Bool {
    switch content {
    case .nothing, .scalar: false
    case .sequence(let elements): elements.isEmpty
    case .mapping(let entries): entries.isEmpty
    }
  }
}
