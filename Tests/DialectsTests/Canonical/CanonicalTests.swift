import Policy
import Testing

@testable import Dialects

/// The canonical text of a body, or why there is none.
private func canonical(
  _ text: String, _ surface: Surface = .chatCompletions
) throws(CanonicalFault) -> String {
  let bytes = PaddedBytes()
  _ = try Peek().canonical(PaddedBytes(text.utf8), surface: surface, into: bytes)
  return bytes.text
}

private func canonicalFacts(
  _ text: String, _ surface: Surface = .chatCompletions
) throws(CanonicalFault) -> CanonicalFacts {
  try Peek().canonical(PaddedBytes(text.utf8), surface: surface, into: PaddedBytes())
}

@Suite("Canonical requests")
struct CanonicalTests {
  /// RFC 8785 §3.2.2, but for its two numbers that are no exact doubles or too large.
  @Test func theExampleOfTheStandard() throws {
    let input = #"""
      {"numbers": [4.50, 2e-3, 0.000000000000000000000000001],
       "string": "\u20ac$\u000F\u000aA'\u0042\u0022\u005c\\\"\/", "literals": [null, true, false]}
      """#
    let expected =
      #"{"literals":[null,true,false],"numbers":[4.5,0.002,1e-27],"string":"€$\u000f\nA'B\"\\\\\"/"}"#
    #expect(try canonical(input) == expected)
  }

  /// RFC 8785 §3.2.3.
  @Test func keysAreSortedByUTF16() throws {
    let input = #"""
      {"\u20ac":"Euro Sign","\r":"Carriage Return","\ufb33":"Hebrew Letter Dalet With Dagesh",
       "1":"One","\ud83d\ude00":"Emoji: Grinning Face","\u0080":"Control",
       "\u00f6":"Latin Small Letter O With Diaeresis"}
      """#
    let order = ["Carriage", "One", "Control", "Latin", "Euro", "Emoji", "Hebrew"]
    let text = try canonical(input)
    let places = try order.map { try #require(text.firstRange(of: "\"\($0)")).lowerBound }
    #expect(places == places.sorted())
  }

  @Test func everySpellingOfARequestHasTheSameForm() throws {
    for seed in 0..<6_000 as Range<UInt64> {
      var maker = JSONTreeMaker(seed: seed)
      let tree = maker.object()
      let expected = tree.canonical
      for _ in 0..<3 {
        let spelling = maker.spelled(tree)
        let text = try canonical(spelling, .embeddings)
        #expect(text.utf8.elementsEqual(expected.utf8), "seed \(seed): \(spelling)")
      }
      let again = try canonical(expected, .embeddings)
      #expect(again.utf8.elementsEqual(expected.utf8), "seed \(seed): not stable")
    }
  }

  /// To Swift's `String` the two are equal.
  @Test func textsAreNotNormalised() throws {
    let composed = try canonical(#"{"a":"\u00e9"}"#)
    let decomposed = try canonical(#"{"a":"e\u0301"}"#)
    #expect(!composed.utf8.elementsEqual(decomposed.utf8))
  }

  @Test func arraysKeepTheirOrder() throws {
    #expect(try canonical(#"{"a":[2,1,{"c":1,"b":2}]}"#) == #"{"a":[2,1,{"b":2,"c":1}]}"#)
  }

  @Test(arguments: [
    #"{"a":1,"a":1}"#, #"{"a":{"b":1,"c":2,"\u0062":3}}"#, #"{"a":[[{"":1,"":2}]]}"#,
    #"{"user":"x","user":"y"}"#,
    #"{"metadata":{"a":[{"b":1,"b":2}]}}"#, #"{"stream_options":{"x":1,"x":1}}"#,
  ])
  func aKeyThatComesTwiceIsRefused(_ text: String) {
    #expect(throws: CanonicalFault.duplicateKey) { try canonical(text) }
  }

  @Test(arguments: [
    "9007199254740993", "-9007199254740993", "9007199254740994", "18446744073709551615", "1e16", "1E30",
    "1e400",
    "333333333.33333329", "0.1000000000000000055511151231257827", "0.30000000000000001", "1e-400", "2e-324",
    "9007199254740991.5", "123456789012345678e-5", "1e99999999999999999999",
  ])
  func numbersThatADoubleCannotHoldAreRefused(_ number: String) {
    #expect(throws: CanonicalFault.self) { try canonical(#"{"a":\#(number)}"#) }
  }

  @Test(arguments: [
    ("9007199254740992", "9007199254740992"), ("-9007199254740992", "-9007199254740992"),
    ("1e15", "1000000000000000"),
    ("0.30000000000000004", "0.30000000000000004"), ("5e-324", "5e-324"),
    ("4503599627370495.5", "4503599627370495.5"),
    ("-0.0", "0"), ("1e-6", "0.000001"), ("1e-7", "1e-7"),
    ("2.2250738585072014e-308", "2.2250738585072014e-308"),
  ])
  func numbersThatADoubleHoldsAreWrittenAsECMAScriptDoes(_ number: String, _ expected: String) throws {
    #expect(try canonical(#"{"a":\#(number)}"#) == #"{"a":\#(expected)}"#)
  }

  @Test func digitsInStringsAreNoNumbers() throws {
    let text = #"{"a":"\\","b":"\\\" 9007199254740993 \\","c":"0.1000000000000000055511151231257827"}"#
    #expect(try canonical(text) == text)
  }

  @Test(arguments: ["", "[]", "1", "{", #"{"a":"\ud800"}"#, #"{"a":01}"#])
  func whatIsNoObjectIsRefused(_ text: String) {
    #expect(throws: CanonicalFault.malformed) { try canonical(text) }
  }

  // MARK: What is left out

  @Test func membersWithoutEffectAreLeftOut() throws {
    let text = #"""
      {"stream":true,"stream_options":{"include_usage":true},"user":"u","metadata":{"a":"b"},
       "store":false,"n":1,"safety_identifier":"s","prompt_cache_key":"k",
       "prompt_cache_retention":"24h","model":"m","messages":[]}
      """#
    #expect(try canonical(text) == #"{"messages":[],"model":"m"}"#)
  }

  @Test(arguments: [
    #"{"service_tier":"flex"}"#, #"{"n":2}"#, #"{"temperature":null}"#, #"{"top_p":1}"#,
    #"{"a":{"user":"u"}}"#,
    #"{"seed":5}"#, #"{"User":"u"}"#,
  ])
  func whatMayHaveAnEffectIsKept(_ text: String) throws {
    #expect(try canonical(text) == text)
  }

  /// An answer of that API repeats them.
  @Test func aResponseKeepsWhatItsAnswerRepeats() throws {
    let text = #"{"metadata":{"a":"b"},"store":false,"user":"u"}"#
    #expect(try canonical(text, .responses) == text)
  }

  // MARK: Facts

  @Test(arguments: [
    #"{"temperature":0}"#, #"{"temperature":-0.0}"#, #"{"temperature":0e3}"#, #"{"seed":7}"#,
    #"{"seed":7,"tools":[]}"#,
    #"{"temperature":0,"tools":null}"#, #"{"temperature":0,"store":false}"#,
  ])
  func aRequestWithoutRandomnessIsDeterministic(_ text: String) throws {
    #expect(try canonicalFacts(text).isDeterministic)
  }

  @Test(arguments: [
    "{}", #"{"temperature":1e-3}"#, #"{"temperature":null}"#, #"{"seed":null}"#, #"{"temperature":"0"}"#,
    #"{"temperature":0,"tools":[{}]}"#, #"{"seed":1,"functions":[{}]}"#,
    #"{"seed":1,"web_search_options":{}}"#,
    #"{"seed":1,"store":true}"#, #"{"seed":1,"background":true}"#, #"{"seed":1,"conversation":"c"}"#,
  ])
  func otherRequestsAreNot(_ text: String) throws {
    #expect(try !canonicalFacts(text).isDeterministic)
  }

  @Test func embeddingsAreDeterministic() throws {
    #expect(try canonicalFacts(#"{"input":"x"}"#, .embeddings).isDeterministic)
  }

  @Test func formAndChoicesAreTold() throws {
    let found = try canonicalFacts(#"{"stream":true,"n":3}"#)
    #expect(found.isStream && found.choices == 3)
  }

  /// Another spelling, or a member that isn't in the key, may be what the provider refused.
  @Test(arguments: [
    (#"{"seed":5}"#, true), (#"{"seed":5,"stream":true}"#, true), (#"{"seed":5.0}"#, false),
    (#"{"seed":5e0}"#, false),
    (#"{"seed":5,"top_p":0.5}"#, true), (#"{"seed":5,"user":"u"}"#, false), (#"{"top_p":1}"#, false),
    (#"{"seed":5,"stream_options":{}}"#, false),
  ])
  func aRefusalIsKeptWhereTheCanonicalFormAloneCausedIt(_ text: String, _ may: Bool) throws {
    #expect(try canonicalFacts(text).mayKeepRefusal == may)
  }
}
