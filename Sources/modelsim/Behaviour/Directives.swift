import NIOCore

/// Rules that a request brings along in its prompt: `[[sim:status=503,retry_after=2]]`, anywhere in its body,
/// as many as one likes. They are heeded before the rules of the admin door, and concern this request alone.
enum Directives {
  /// A rule and the text that it was written as, which names its counter.
  struct Found: Equatable {
    var rule: Rule
    var text: String
  }

  /// The directives in `body`, mostly none: then nothing is allocated.
  static func find(in body: ByteBuffer) throws(RuleError) -> [Found] {
    let texts = body.withUnsafeReadableBytes { bytes in Self.texts(in: bytes) }
    var found: [Found] = []
    for text in texts {
      found.append(Found(rule: try RuleParser.rule(from: pairs(text)), text: text))
    }
    return found
  }

  private static func texts(in bytes: UnsafeRawBufferPointer) -> [String] {
    var texts: [String] = []
    var start = 0
    while let opening = bytes.offset(of: "[[sim:", from: start) {
      let first = opening + 6
      guard let end = bytes.offset(of: "]]", from: first) else { break }
      texts.append(String(decoding: bytes[first..<end], as: UTF8.self))
      start = end + 2
    }
    return texts
  }

  /// `a=1,b` as pairs; a distribution keeps its comma, because what follows it has no "=".
  static func pairs(_ text: String) -> [(name: String, value: String)] {
    var pairs: [(name: String, value: String)] = []
    for part in text.split(separator: ",") {
      let halves = part.split(separator: "=", maxSplits: 1)
      let isNumber = halves.count == 1 && (part.first?.isNumber ?? false)
      if isNumber, let last = pairs.popLast() {
        pairs.append((last.name, last.value + "," + part))
      } else if let name = halves.first {
        pairs.append((name.trimmingSpaces, halves.count == 2 ? unslashed(String(halves[1])) : "true"))
      }
    }
    return pairs
  }

  /// JSON may write "/" as "\/".
  private static func unslashed(_ text: String) -> String {
    text.contains("\\") ? String(text.filter { $0 != "\\" }) : text
  }
}

extension Substring {
  fileprivate var trimmingSpaces: String {
    String(drop { $0 == " " })
  }
}
