extension AdminCall.Answer {
  /// Reads an answer up to the end of its connection.
  init(_ bytes: [UInt8]) throws(AdminCall.Failure) {
    let stranger = AdminCall.Failure("what answers is no replica's port")
    guard let end = bytes.firstRange(of: Array("\r\n\r\n".utf8)) else { throw stranger }
    let lines = String(decoding: bytes[..<end.lowerBound], as: UTF8.self).split(separator: "\r\n")
    let words = lines.first?.split(separator: " ", maxSplits: 2) ?? []
    guard words.count > 1, words[0].hasPrefix("HTTP/1."), let status = Int(words[1]) else { throw stranger }
    headers = [:]
    for line in lines.dropFirst() {
      guard let colon = line.firstIndex(of: ":") else { continue }
      headers[line[..<colon].lowercased()] = String(line[line.index(after: colon)...].drop { $0 == " " })
    }
    self.status = status
    var rest = bytes[end.upperBound...]
    if headers["transfer-encoding"]?.lowercased().contains("chunked") == true {
      guard let whole = Self.joined(rest) else {
        throw AdminCall.Failure("the answer ended in the middle")
      }
      rest = whole[...]
    }
    body = String(decoding: rest, as: UTF8.self)
  }

  /// The chunks of a body; nil where the last one is missing.
  private static func joined(_ bytes: ArraySlice<UInt8>) -> [UInt8]? {
    var (rest, whole) = (bytes, [UInt8]())
    while let end = rest.firstRange(of: Array("\r\n".utf8)) {
      let digits = rest[..<end.lowerBound].prefix { $0 != UInt8(ascii: ";") }
      guard let size = Int(String(decoding: digits, as: UTF8.self), radix: 16), size >= 0 else { return nil }
      if size == 0 { return whole }
      rest = rest[end.upperBound...]
      guard rest.count - 2 >= size else { return nil }
      whole += rest.prefix(size)
      rest = rest.dropFirst(size + 2)
    }
    return nil
  }
}
