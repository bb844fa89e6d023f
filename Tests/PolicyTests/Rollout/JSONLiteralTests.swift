import Foundation
import Policy
import Testing

/// JSON as bundles hold it.
struct JSONLiteralTests {
  @Test(arguments: [
    (
      #" { "b" : [ 1 , -0.5e+3, true,false , null ] , "a":{} ,"c":[]} "#,
      #"{"a":{},"b":[1,-0.5e+3,true,false,null],"c":[]}"#
    ),
    (
      #""\u0041\/\b\f\n\r\t\"\\\ud83d\ude00\u2028\u007f\u0085é""#,
      #""A/\u0008\u000c\n\r\t\"\\😀\u2028\u007f\u0085é""#
    ),
    (#"{"\ud83d\ude00":1,"\ue000":2}"#, #"{"😀":1,"\#u{e000}":2}"#),
    ("5.0", "5.0"), ("-0", "-0"), ("9223372036854775807", "9223372036854775807"), ("1E400", nil),
    ("9223372036854775808", nil), ("01", nil), ("+1", nil), (".5", nil), ("1.", nil), ("1e", nil),
    ("--1", nil),
    ("0x10", nil), ("NaN", nil), ("True", nil), ("", nil), (" ", nil), ("1 2", nil), ("[1,]", nil),
    ("[1", nil),
    ("{\"a\":1,}", nil), ("{\"a\"}", nil), ("{a:1}", nil), (#"{"a":1,"\u0061":2}"#, nil), (#""\ud800""#, nil),
    (#""\ud800\u0041""#, nil), (#""\udc00""#, nil), (#""\u00zz""#, nil), (#""\u00"#, nil), (#""\x""#, nil),
    (#""\"#, nil),
    ("\"a\nb\"", nil), ("\"a", nil), ("[1}", nil), ("tru", nil), ("truefalse", nil),
  ])
  func textsAreReadOrRefused(text: String, canonical: String?) {
    #expect((try? JSONLiteral(text: text))?.text == canonical, "\(text)")
  }

  @Test func flawsSayWhere() {
    let flaw = #expect(throws: JSONLiteral.Flaw.self) { try JSONLiteral(text: "[1, 2 3]") }
    #expect(flaw?.offset == 6 && flaw?.reason == "no comma and no end of the list")
  }

  @Test func depthIsBounded() throws {
    let nested = { (depth: Int) in
      String(repeating: "[", count: depth) + String(repeating: "]", count: depth)
    }
    #expect(try JSONLiteral(text: nested(32)).depth == 32)
    #expect(throws: JSONLiteral.Flaw.self) { try JSONLiteral(text: nested(33)) }
    #expect(throws: JSONLiteral.Flaw.self) { try JSONLiteral(text: nested(1_000_000)) }
  }

  @Test func equalityIsOfBytes() {
    #expect(JSONLiteral.string("é") != JSONLiteral.string("e\u{301}"))
    #expect(
      JSONLiteral.object([.init("a", .null), .init("b", .bool(true))])
        == JSONLiteral.object([.init("b", .bool(true)), .init("a", .null)]))
  }

  /// Any text survives, and another parser reads it the same.
  @Test func textsSurviveWhateverTheyHold() throws {
    var random = SystemRandomNumberGenerator()
    let odd: [Unicode.Scalar] = [
      "\"", "\\", "\n", "\r", "\u{0}", "\u{1b}", "\u{7f}", "\u{9f}", "\u{2029}", "\u{feff}", "😀",
    ]
    for _ in 0..<2_000 {
      var text = ""
      for _ in 0..<Int.random(in: 0...20, using: &random) {
        let scalar = Unicode.Scalar(UInt32.random(in: 0...0x10ffff, using: &random))
        text.unicodeScalars.append(
          Bool.random(using: &random) ? odd.randomElement(using: &random) ?? "a" : scalar ?? "b")
      }
      let written = JSONLiteral.object([.init("k", .array([.string(text)]))]).text
      #expect(!written.unicodeScalars.contains { $0.properties.generalCategory == .control })
      #expect(try JSONLiteral(text: written).text.utf8.elementsEqual(written.utf8))
      let read = try JSONSerialization.jsonObject(with: Data(written.utf8)) as? [String: [String]]
      #expect(read?["k"]?.first.map { Array($0.unicodeScalars) } == Array(text.unicodeScalars), "\(written)")
    }
  }
}
