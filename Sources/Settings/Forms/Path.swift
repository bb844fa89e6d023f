/// Where a value stands in the document: `models.chat-fast.deployments[0].weight`.
struct Path: Hashable, CustomStringConvertible {
  private(set) var parts: [String] = []

  init(_ parts: [String] = []) { self.parts = parts }

  /// The innermost name.
  var last: String { parts.last ?? "" }
  var parent: Path { Path(parts.dropLast()) }

  func key(_ name: String) -> Path { Path(parts + [name]) }
  func index(_ index: Int) -> Path { Path(parts + ["[\(index)]"]) }

  var description: String {
    parts.reduce(into: "") { text, part in text += (text.isEmpty || part.hasPrefix("[") ? "" : ".") + part }
  }
}
