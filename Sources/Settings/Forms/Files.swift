/// The files that a document names: beside the document unless they begin with `/`.
struct Files {
  /// The document's folder, empty or ending in `/`.
  let folder: String
  let read: (String) throws -> [UInt8]

  init(besides document: String, read: @escaping (String) throws -> [UInt8]) {
    folder = document.lastIndex(of: "/").map { String(document[...$0]) } ?? ""
    self.read = read
  }

  func resolved(_ name: String) -> String { name.hasPrefix("/") ? name : folder + name }

  func bytes(of path: String) throws(Refusal) -> [UInt8] {
    do { return try read(path) } catch { throw Refusal("cannot read \(path): \(error)") }
  }

  /// The file's text, never empty. What is no UTF-8 is replaced: certificates may have comments in any encoding.
  func text(of path: String) throws(Refusal) -> String {
    let text = String(decoding: try bytes(of: path), as: UTF8.self)
    guard text.contains(where: { !$0.isWhitespace }) else { throw Refusal("\(path) is empty") }
    return text
  }
}
