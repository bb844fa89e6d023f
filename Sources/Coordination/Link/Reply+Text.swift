extension Reply {
  /// A bulk string or a status as text.
  var text: String? {
    guard case .bytes(let bytes) = self else { return nil }
    return String(decoding: bytes, as: UTF8.self)
  }

  /// A flat list of names and values in turn, as `CONFIG GET` and `SENTINEL MASTER` answer; what is no text is left out.
  var fields: [String: String]? {
    guard case .list(let parts) = self, parts.count.isMultiple(of: 2) else { return nil }
    var fields: [String: String] = [:]
    for index in stride(from: 0, to: parts.count, by: 2) {
      if let name = parts[index].text, let value = parts[index + 1].text { fields[name] = value }
    }
    return fields
  }
}
