internal import CYAML

/// Text to `Tree`; the only file that knows the YAML library.
///
/// Bounded whatever the text: 4 MiB, 64 levels, no anchors.
enum Document {
  static let limit = 4 << 20
  static let maxDepth = 64

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
    return try EventReader(text).document()
  }
}

/// The library's events to a tree; a key that is given twice is there twice.
private final class EventReader {
  private let text: String
  // Allocated, as libyaml keeps the addresses.
  private let bytes: UnsafeMutableBufferPointer<UInt8>
  private let parser: UnsafeMutablePointer<yaml_parser_t>
  /// The event in hand; none (all zero) before the first.
  private let event: UnsafeMutablePointer<yaml_event_t>

  init(_ text: String) {
    self.text = text
    bytes = .allocate(capacity: text.utf8.count)
    _ = bytes.initialize(from: text.utf8)
    parser = .allocate(capacity: 1)
    event = .allocate(capacity: 1)
    event.initialize(to: yaml_event_t())
    guard yaml_parser_initialize(parser) == 1 else { preconditionFailure("libyaml has no memory to begin") }
    yaml_parser_set_input_string(parser, bytes.baseAddress, bytes.count)
  }

  deinit {
    yaml_event_delete(event)
    yaml_parser_delete(parser)
    event.deallocate()
    parser.deallocate()
    bytes.deallocate()
  }

  /// The one document that the text may hold.
  func document() throws(Document.Problem) -> Tree {
    _ = try next()  // the stream's begin
    guard try next() == YAML_DOCUMENT_START_EVENT else {
      throw Document.Problem(mark: .start, message: "the document is empty")
    }
    _ = try next()
    let tree = try value(depth: 0)
    _ = try next()  // the document's end
    guard try next() == YAML_STREAM_END_EVENT else {
      throw Document.Problem(mark: mark, message: "not valid YAML: but found another document")
    }
    return tree
  }

  private func next() throws(Document.Problem) -> yaml_event_type_t {
    yaml_event_delete(event)
    guard yaml_parser_parse(parser, event) == 1 else {
      throw Document.Problem(parser.pointee, in: text)
    }
    return event.pointee.type
  }

  private var mark: Mark { Mark(event.pointee.start_mark) }

  /// What the event in hand begins, to its end.
  private func value(depth: Int) throws(Document.Problem) -> Tree {
    let mark = mark
    guard depth <= Document.maxDepth else {
      throw Document.Problem(mark: mark, message: "nested more than \(Document.maxDepth) levels deep")
    }
    switch event.pointee.type {
    case YAML_SCALAR_EVENT:
      let scalar = event.pointee.data.scalar
      return Tree(
        content: scalar.isNothing ? .nothing : .scalar(scalar.text), mark: mark,
        style: scalar.style == YAML_PLAIN_SCALAR_STYLE ? .plain : .quoted)
    case YAML_SEQUENCE_START_EVENT:
      var elements: [Tree] = []
      while try next() != YAML_SEQUENCE_END_EVENT { elements.append(try value(depth: depth + 1)) }
      return Tree(content: .sequence(elements), mark: mark)
    case YAML_MAPPING_START_EVENT:
      var entries: [Tree.Entry] = []
      while try next() != YAML_MAPPING_END_EVENT { entries.append(try entry(depth: depth)) }
      return Tree(content: .mapping(entries), mark: mark)
    default:
      throw Document.Problem(mark: mark, message: "aliases are not supported: repeat the value instead")
    }
  }

  private func entry(depth: Int) throws(Document.Problem) -> Tree.Entry {
    let mark = mark
    guard event.pointee.type == YAML_SCALAR_EVENT else {
      throw Document.Problem(mark: mark, message: "a key must be a single word")
    }
    let key = event.pointee.data.scalar.text
    _ = try next()
    return Tree.Entry(key: key, mark: mark, value: try value(depth: depth + 1))
  }
}

/// The member of libyaml's union that a scalar's event has.
private typealias Scalar = yaml_event_s.__Unnamed_union_data.__Unnamed_struct_scalar

extension Scalar {
  fileprivate var text: String {
    String(decoding: UnsafeBufferPointer(start: value, count: length), as: UTF8.self)
  }

  fileprivate var isNothing: Bool {
    style == YAML_PLAIN_SCALAR_STYLE && ["", "~", "null", "Null", "NULL"].contains(text)
  }
}

extension Mark {
  fileprivate init(_ mark: yaml_mark_t) { self.init(line: mark.line + 1, column: mark.column + 1) }
}

extension Document.Problem {
  /// A syntax error. Of what the library tells only its reason is taken, which quotes nothing: the document may hold secrets.
  fileprivate init(_ parser: yaml_parser_t, in text: String) {
    let reason = "not valid YAML: " + (parser.problem.map { String(cString: $0) } ?? "no reason is known")
    if parser.error == YAML_READER_ERROR {
      self.init(mark: Mark(offset: parser.problem_offset, in: text), message: reason)
    } else {
      let mark = Mark(parser.problem_mark)
      self.init(mark: mark, message: reason + Self.hint(at: mark, in: text))
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
  /// The place of the character that has the byte at this offset.
  fileprivate init(offset: Int, in text: String) {
    self = .start
    for scalar in String(decoding: text.utf8.prefix(offset), as: UTF8.self).unicodeScalars {
      if scalar == "\n" { self = Mark(line: line + 1, column: 1) } else { column += 1 }
    }
  }
}
