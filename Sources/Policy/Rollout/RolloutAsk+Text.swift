/// `promote model=chat version=12 expect=17 by=ops force=1 reason=checked%20by%20hand`
extension RolloutAsk {
  package var text: String {
    var words = [("model", model), ("version", "\(version)"), ("by", by)]
    if let expected { words.append(("expect", "\(expected)")) }
    if isForced { words.append(("force", "1")) }
    if skipsShadow { words.append(("shadow", "0")) }
    if let reason { words.append(("reason", reason)) }
    return ([deed.rawValue] + words.map { "\($0.0)=\(Self.escaped($0.1))" }).joined(separator: " ")
  }

  /// Reads a `text`; nil where it isn't one. Words of later releases are refused: what they ask for would be left out in silence.
  package init?(text: String) {
    // By bytes: a value may begin with a letter that joins the sign before it.
    let words = text.utf8.split(separator: UInt8(ascii: " ")).map { Substring($0) }
    guard let deed = words.first.flatMap({ Deed(rawValue: String($0)) }) else { return nil }
    var values: [String: String] = [:]
    for word in words.dropFirst() {
      guard let end = word.utf8.firstIndex(of: UInt8(ascii: "=")),
        let value = Self.unescaped(word[word.utf8.index(after: end)...]),
        values.updateValue(value, forKey: String(word[..<end])) == nil
      else { return nil }
    }
    let known: Set = ["model", "version", "by", "expect", "force", "shadow", "reason"]
    guard known.isSuperset(of: values.keys), let model = values["model"], !model.isEmpty,
      let version = values["version"].flatMap({ Int($0) }), 1...1_000_000_000 ~= version,
      let by = values["by"]
    else { return nil }
    self.init(deed, model, version: version, by: by)
    if let text = values["expect"] {
      guard let number = Int64(text), number >= 0 else { return nil }
      expected = number
    }
    guard let isForced = Self.flag(values["force"] ?? "0"), let shadows = Self.flag(values["shadow"] ?? "1")
    else { return nil }
    (self.isForced, skipsShadow, reason) = (isForced, !shadows, values["reason"])
  }

  private static func flag(_ text: String) -> Bool? {
    text == "1" ? true : text == "0" ? false : nil
  }

  /// Blanks, controls, `%` and `=` are `%` and two digits; the rest stays readable.
  private static func escaped(_ text: String) -> String {
    var bytes: [UInt8] = []
    for byte in text.utf8 {
      if byte <= 0x20 || byte == 0x7F || byte == UInt8(ascii: "%") || byte == UInt8(ascii: "=") {
        let digits = String(byte, radix: 16)
        bytes += Array((digits.count == 1 ? "%0" : "%").utf8) + Array(digits.utf8)
      } else {
        bytes.append(byte)
      }
    }
    return String(decoding: bytes, as: UTF8.self)
  }

  private static func unescaped(_ text: Substring) -> String? {
    var bytes: [UInt8] = []
    var rest = text.utf8[...]
    while let byte = rest.popFirst() {
      guard byte == UInt8(ascii: "%") else {
        bytes.append(byte)
        continue
      }
      guard rest.count >= 2, let value = UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16)
      else { return nil }
      bytes.append(value)
      rest = rest.dropFirst(2)
    }
    return String(validating: bytes, as: UTF8.self)
  }
}
