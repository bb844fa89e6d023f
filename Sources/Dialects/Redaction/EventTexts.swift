/// The texts of one server-sent event whose data is JSON, and which of them go on with those of former events.
struct EventTexts {
  struct Text {
    /// Between its quotes, in the event.
    var content: Range<Int>
    /// A piece of what the model writes.
    var isDelta: Bool
    var isNested: Bool
    /// The same for pieces of one text: its member's name, and which choice, tool and place it is of.
    var kind = ""
  }

  private(set) var texts: [Text] = []
  /// Nothing goes on behind it.
  private(set) var isLast = false

  /// Nil where it has no data, more than one line of it, or none that is an object.
  init?(_ event: [UInt8]) {
    let found = event.withUnsafeBytes { text -> (texts: [Text], isLast: Bool)? in
      guard let data = Self.data(text) else { return nil }
      return Self.read(UnsafeRawBufferPointer(rebasing: text[data]), from: data.lowerBound)
    }
    guard let known = found else { return nil }
    (texts, isLast) = known
  }

  private static func data(_ text: UnsafeRawBufferPointer) -> Range<Int>? {
    var found: Range<Int>?
    var start = 0
    while start < text.count {
      let end = text[start...].firstIndex(of: 0x0a) ?? text.count
      if text[start..<end].starts(with: "data:".utf8) {
        guard found == nil else { return nil }
        found = start + 5..<end
      }
      start = end + 1
    }
    return found.flatMap { text[$0].first { $0 > 0x20 } == UInt8(ascii: "{") ? $0 : nil }
  }

  private static func read(_ data: UnsafeRawBufferPointer, from base: Int) -> (texts: [Text], isLast: Bool) {
    var (strings, texts, isLast) = (JSONStrings(data), [Text](), false)
    var (key, keys, places) = ([UInt8](), [String](), "")
    while let item = strings.next() {
      if item.isKey {
        key = Array(data[item.content])
        let behind = strings.rest.drop { $0 <= 0x20 || $0 == UInt8(ascii: ":") }
        if key.elementsEqual("index".utf8) {
          places += String(decoding: behind.prefix { 0x30...0x39 ~= $0 }, as: UTF8.self) + ";"
        }
        // A text stands behind it, and not null.
        if key.elementsEqual("finish_reason".utf8), behind.isEmpty { isLast = true }
        continue
      }
      let name = String(decoding: key, as: UTF8.self)
      keys.append(name)
      if name == "type", endings.contains(String(decoding: data[item.content], as: UTF8.self)) {
        isLast = true
      }
      let content = base + item.content.lowerBound..<base + item.content.upperBound
      texts.append(Text(content: content, isDelta: deltas.contains(name), isNested: isNested(key)))
    }
    for index in texts.indices {
      let number = keys[..<index].count { $0 == keys[index] }
      texts[index].kind = "\(places)\(keys[index])#\(number)"
    }
    return (texts, isLast)
  }

  private static let deltas: Set<String> = [
    "content", "text", "arguments", "reasoning_content", "reasoning", "refusal", "partial_json", "thinking",
  ]

  /// Anthropic's types of event behind which a text goes on no further.
  private static let endings: Set<String> = ["content_block_stop", "message_delta", "message_stop"]

  /// Whether texts of a member are JSON themselves.
  static func isNested(_ key: [UInt8]) -> Bool {
    key.elementsEqual("arguments".utf8) || key.elementsEqual("partial_json".utf8)
  }

  /// The event before and behind one of its texts, without other pieces of what the model writes.
  func around(_ index: Int, in event: [UInt8]) -> (before: [UInt8], after: [UInt8]) {
    var (before, after, copied) = ([UInt8](), [UInt8](), 0)
    for (number, text) in texts.enumerated() where text.isDelta {
      let part = event[copied..<text.content.lowerBound]
      if number <= index { before += part } else { after += part }
      copied = text.content.upperBound
    }
    return (before, after + event[copied...])
  }
}
