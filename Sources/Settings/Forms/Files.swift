/// The files that a document names: beside the document unless they begin with `/`.
struct Files {
  /// The document's folder, empty or ending in `/`.
  let folder: String
  let read: (String) throws -> String

  init(besides document: String, read: @escaping (String) throws -> String) {
    folder = document.lastIndex(of: "/").map { String(document[...$0]) } ?? ""
    self.read = read
  }

  func resolved(_ name: String) -> String { name.hasPrefix("/") ? name : folder + name }

  /// The file's text, never empty.
  func text(of path: String) throws(Refusal) -> String {
    let text: String
    do { text = try read(path) } catch { throw Refusal("cannot read \(path): \(error)") }
    guard text.contains(where: { !$0.isWhitespace }) else { throw Refusal("\(path) is empty") }
    return text
  }
}
