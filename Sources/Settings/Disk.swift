internal import Glibc

/// Small files, read whole.
enum Disk {
  /// The file's text, refused where it is longer than `limit` bytes, or not UTF-8.
  static func text(of path: String, limit: Int) throws(Refusal) -> String {
    let bytes = try bytes(of: path, limit: limit)
    guard let text = String(validating: bytes, as: UTF8.self) else { throw Refusal("not UTF-8 text") }
    return text
  }

  /// The names in a folder, unsorted; nil where there is no such folder.
  static func names(in folder: String) -> [String]? {
    guard let stream = opendir(folder) else { return nil }
    defer { closedir(stream) }
    var names: [String] = []
    while let entry = readdir(stream) {
      let name = withUnsafeBytes(of: &entry.pointee.d_name) {
        String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
      }
      if name != ".", name != ".." { names.append(name) }
    }
    return names
  }

  /// The file's bytes, refused where they are more than `limit`.
  static func bytes(of path: String, limit: Int) throws(Refusal) -> [UInt8] {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw Refusal(lastError()) }
    defer { close(descriptor) }
    var bytes: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 64 << 10)
    while true {
      let count = read(descriptor, &chunk, chunk.count)
      if count < 0, errno == EINTR { continue }
      guard count >= 0 else { throw Refusal(lastError()) }
      if count == 0 { return bytes }
      bytes += chunk[..<count]
      guard bytes.count <= limit else { throw Refusal("larger than \(limit >> 20) MiB") }
    }
  }

  /// `path` from the root, so that it holds wherever the process goes later.
  static func absolute(_ path: String) -> String {
    guard !path.hasPrefix("/"), let folder = getcwd(nil, 0) else { return path }
    defer { free(folder) }
    return String(cString: folder) + "/" + path
  }

  private static func lastError() -> String { String(cString: strerror(errno)).lowercased() }
}

extension Refusal: CustomStringConvertible {
  var description: String { message }
}
