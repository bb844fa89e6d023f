import Dialects
import Policy
import Testing

/// Hand-made cases in the manner of the public JSON test suites, each as the value of an unknown member.
@Suite("Which JSON is taken")
struct JSONCorpusTests {
  @Test(arguments: [
    "0", "-0", "1E5", "1e-2", "0.5", "123.456e+78", "-9223372036854775808", "18446744073709551615",
    #""\u0000""#, #""\ud83d\ude00""#, #""\/\b\f\"\\""#, "\"\u{7f}\"", "\"\u{2028}\"", "[]", "{}", "[[],{}]",
    "true", "null", #"{"":0}"#, #"{"a":1,"a":2}"#, " \t\r\n1 ", #""😀""#,
  ])
  func validValuesPass(value: String) throws {
    #expect(try facts(chat(#""x":\#(value)"#)).messages == 1)
  }

  @Test(arguments: [
    "", "01", "-", "+1", "1.", ".5", "1e", "0x1", "NaN", "Infinity", "1e400", "tru", "TRUE", "nul",
    "undefined",
    "'x'", #""\x""#, #""\u12""#, #""\ud800""#, #""\udc00""#, #""\ud800\ud800""#, "\"\t\"", "\"\n\"", "[1,]",
    "[,1]",
    "[1 2]", "[", "]", "{", #"{"a"}"#, #"{"a":}"#, #"{a:1}"#, #"{"a":1,}"#, #"{1:1}"#, "1 2", "/**/1",
    "\u{b}1",
    #""abc"#, "\u{a0}1",
  ])
  func invalidValuesAreRefused(value: String) {
    #expect(refusal(chat(#""x":\#(value)"#))?.code == "invalid_json")
  }

  @Test(arguments: ["", " ", "1", "[]", "\"x\"", "null", "{}{}", "{} x", "\u{feff}{}", "{}\0", "{"])
  func onlyOneWholeObjectIsTaken(text: String) {
    #expect(refusal(text, .completions)?.code == "invalid_json")
  }

  @Test(
    arguments: [
      [0xff], [0xc0, 0xaf], [0xed, 0xa0, 0x80], [0xf4, 0x90, 0x80, 0x80], [0xe2, 0x82], [0x80],
    ] as [[UInt8]])
  func invalidUTF8IsRefused(bytes: [UInt8]) {
    let body = PaddedBytes(Array(#"{"x":""#.utf8) + bytes + Array(#""}"#.utf8))
    let error = #expect(throws: PeekError.self) { try Peek().request(body, surface: .completions) }
    #expect(error?.message.contains("UTF-8") == true)
  }

  @Test(arguments: [("[", "", "]"), ("[", "1", "]"), (#"{"a":"#, "{}", "}"), (#"{"a":"#, "1", "}")])
  func depthIsLimitedTo64(open: String, inner: String, close: String) {
    func body(_ depth: Int) -> String {
      let levels = inner == "{}" ? depth - 2 : depth - 1
      return #"{"x":"# + String(repeating: open, count: levels) + inner
        + String(repeating: close, count: levels) + "}"
    }
    #expect(refusal(body(63), .completions) == nil)
    #expect(refusal(body(64), .completions) == nil)
    for depth in [65, 66, 10_000] {
      #expect(refusal(body(depth), .completions)?.message.contains("64 levels") == true)
    }
  }
}
