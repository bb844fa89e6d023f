@testable import Policy

extension PromptFacts {
  /// Of a turn that comes in pieces of up to `size` bytes.
  init(
    ofBytes bytes: [UInt8], inPiecesOf size: Int = .max, in context: PromptContext = .init(),
    by rules: PromptRules = .init()
  ) {
    var scan = PromptScan(length: bytes.count)
    var offset = 0
    while offset < bytes.count {
      let count = min(size, bytes.count - offset)
      bytes[offset..<offset + count].withUnsafeBytes { scan.add($0) }
      offset += count
    }
    self.init(scan, in: context, by: rules)
  }

  init(of text: String, in context: PromptContext = .init(), by rules: PromptRules = .init()) {
    self.init(ofBytes: Array(text.utf8), in: context, by: rules)
  }
}

extension Chance {
  mutating func pick<Element>(_ elements: [Element]) -> Element { elements[below(elements.count)] }
}
