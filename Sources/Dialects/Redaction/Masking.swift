package import Policy

/// What is to be masked in requests, and by which names.
package struct MaskingRule: Sendable {
  package let masked: DetectorSet
  /// A detector's bit with its name: `email`, or that of a pattern.
  let names: [(detector: DetectorSet, name: String)]

  package init(_ masked: DetectorSet, names: [(detector: DetectorSet, name: String)]) {
    (self.masked, self.names) = (masked, names)
  }
}

extension Peek {
  /// A copy of a body in which findings are masked: the same text by the same placeholder, which stands nowhere in the body.
  ///
  /// `request` is what `request(_:surface:)` made of this very `body`. Nil where it can't be done: a finding is a member's name, the
  /// surface keeps conversations elsewhere, or its streams are no events.
  package func masked(
    _ request: PeekedRequest, _ body: PaddedBytes, _ rule: MaskingRule, _ detectors: DataDetectors
  ) -> (body: PaddedBytes, placeholders: Placeholders)? {
    guard request.facts.surface != .responses, !request.facts.surface.streamsLines else { return nil }
    return body.withUnsafeBytes { text in
      var masking = Masking(rule: rule, detectors: detectors)
      guard masking.look(at: text, besides: request.cuts.model) else { return nil }
      return masking.applied(to: text)
    }
  }
}

/// Finds what is to be masked in one body, then writes it anew.
private struct Masking {
  struct Edit {
    /// Of the body.
    var place: Range<Int>
    var name: String
    var text: [UInt8]
  }

  let rule: MaskingRule
  let detectors: DataDetectors
  private var edits: [Edit] = []
  /// The highest number of what looks like a placeholder in the body itself.
  private var taken = 0
  private let names: [String]

  init(rule: MaskingRule, detectors: DataDetectors) {
    (self.rule, self.detectors) = (rule, detectors)
    names = rule.names.map { $0.name } + ["masked"]
  }

  /// False where something can't be masked.
  mutating func look(at text: UnsafeRawBufferPointer, besides model: Range<Int>?) -> Bool {
    var strings = JSONStrings(text)
    while let item = strings.next() {
      if let model, model.contains(item.content.lowerBound - 1) { continue }
      let plain = PlainString(item, in: text)
      taken = max(taken, highest(in: plain.bytes))
      let places = plain.bytes.withUnsafeBufferPointer { detectors.places(of: rule.masked, in: $0) }
      guard let places, places.isEmpty || !item.isKey else { return false }
      for place in places {
        let name = rule.names.first { !$0.detector.isDisjoint(with: place.detector) }?.name ?? "masked"
        edits.append(
          Edit(
            place: plain.place(place.range.lowerBound)..<plain.place(place.range.upperBound), name: name,
            text: Array(plain.bytes[place.range])))
      }
    }
    return true
  }

  /// Of `<NAME_7`, whatever follows.
  private func highest(in text: [UInt8]) -> Int {
    var highest = 0
    var from = text.startIndex
    while let open = text[from...].firstIndex(of: UInt8(ascii: "<")) {
      from = open + 1
      for name in names where text[from...].starts(with: "\(name)_".utf8) {
        let number = text[(from + name.utf8.count + 1)...].prefix { 0x30...0x39 ~= $0 }.prefix(9)
        highest = max(highest, Int(String(decoding: number, as: UTF8.self)) ?? 0)
      }
    }
    return highest
  }

  func applied(to text: UnsafeRawBufferPointer) -> (body: PaddedBytes, placeholders: Placeholders) {
    var (placeholders, known, copied) = (Placeholders(), [[UInt8]: String](), 0)
    let result = PaddedBytes(capacity: text.count + 32)
    for edit in edits {
      // The name is part of it: the same digits may be one thing here and another there.
      let key = Array("\(edit.name) ".utf8) + edit.text
      let name = known[key] ?? "\(edit.name)_\(taken + known.count + 1)"
      if known.updateValue(name, forKey: key) == nil { placeholders.add(name, for: edit.text) }
      result.append(UnsafeRawBufferPointer(rebasing: text[copied..<edit.place.lowerBound]))
      Array("<\(name)>".utf8).withUnsafeBytes { result.append($0) }
      copied = edit.place.upperBound
    }
    result.append(UnsafeRawBufferPointer(rebasing: text[copied...]))
    return (result, placeholders)
  }
}
