/// The way to an object inside the body, such as `messages[2].content[0]`; turned into text for errors only.
struct FieldPath {
  private let head: StaticString
  private let index: Int?
  private let inner: StaticString?
  private let innerIndex: Int?

  /// The top level.
  init() { self.init("") }

  init(_ head: StaticString, _ index: Int? = nil, _ inner: StaticString? = nil, _ innerIndex: Int? = nil) {
    (self.head, self.index, self.inner, self.innerIndex) = (head, index, inner, innerIndex)
  }

  /// The path to one part of the list `list` of the object that stands here.
  func part(_ number: Int, of list: StaticString) -> FieldPath { FieldPath(head, index, list, number) }

  /// This path, and below it `name` where one is given.
  func text(_ name: String? = nil) -> String {
    var text = "\(head)"
    if let index { text += "[\(index)]" }
    if let inner { text += ".\(inner)" }
    if let innerIndex { text += "[\(innerIndex)]" }
    guard let name else { return text }
    return text.isEmpty ? name : text + "." + name
  }
}
