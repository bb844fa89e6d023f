import Testing

@testable import modelsim

@Suite struct JSONTests {
  @Test(arguments: [
    "", "{", "{}x", "[1,]", "{\"a\":1,}", "{a:1}", "01", "1.", "-", "\"\u{1}\"", "\"\\x\"", "\"\\u12g4\"",
    "nul",
    "[1 2]", "{\"a\" 1}", "\"open",
  ])
  func malformedTextIsRefused(text: String) {
    #expect(throws: JSONError.self) { try JSONValue(parsing: text) }
  }

  @Test func deepNestingIsRefused() {
    let text = String(repeating: "[", count: 200) + String(repeating: "]", count: 200)
    #expect(throws: JSONError.self) { try JSONValue(parsing: text) }
  }

  @Test func aDocumentIsWrittenAsItWasRead() throws {
    let text = #"{"a":[1,-2.5e3,true,false,null],"b":{"c":"x\"\\\n\u0001é😀"},"d":[]}"#
    #expect(try JSONValue(parsing: text).description == text)
  }

  @Test func escapesAreResolved() throws {
    #expect(try JSONValue(parsing: #""\ud83d\ude00\/\u00e9\t""#) == "😀/é\t")
    #expect(try JSONValue(parsing: #""\ud83d""#) == "\u{FFFD}")
  }

  @Test func decodedLengthIsThatOfTheDecodedText() throws {
    for text in [#""plain""#, #""\ud83d\ude00é\u00e9\u20ac\n\\""#] {
      let bytes = Array(text.utf8)
      try bytes.withUnsafeBytes { raw in
        var scanner = JSONScanner(raw)
        let found = try scanner.string()
        #expect(found.decodedCount == scanner.decoded(found).utf8.count)
      }
    }
  }
}
