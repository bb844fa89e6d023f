import Policy
import Testing

@testable import Dialects

struct MaskingTests {
  static let rule = MaskingRule(
    [.email, .card, DetectorSet(pattern: 0)],
    names: [
      (detector: .email, name: "email"), (detector: .card, name: "card"),
      (detector: DetectorSet(pattern: 0), name: "mrn"),
    ])

  static func detectors() throws -> DataDetectors {
    try DataDetectors(
      [.email, .card, .phone], [.init(try Pattern(#"\bMRN-\d{4,8}\b"#), DetectorSet(pattern: 0))],
      masked: rule.masked)
  }

  static func masked(
    _ body: String, _ surface: Surface = .chatCompletions
  ) throws -> (text: String, placeholders: Placeholders)? {
    let (peek, detectors, bytes) = (Peek(), try detectors(), PaddedBytes(body.utf8))
    let request = try peek.request(bytes, surface: surface, detectors: detectors)
    return peek.masked(request, bytes, rule, detectors).map { found in
      (
        text: found.body.withUnsafeBytes { String(decoding: $0, as: UTF8.self) },
        placeholders: found.placeholders
      )
    }
  }

  private static func chat(_ content: String) -> String {
    #"{"model":"m","messages":[{"role":"user","content":"\#(content)"}]}"#
  }

  private static func content(_ content: String) throws -> String {
    let text = try #require(try masked(chat(content))).text
    #expect(
      text.hasPrefix(#"{"model":"m","messages":[{"role":"user","content":""#) && text.hasSuffix(#""}]}"#))
    return String(text.dropFirst(chat("").count - 4).dropLast(4))
  }

  @Test(arguments: [
    ("to ann@example.com.", "to <email_1>."),
    ("ann@example.com, bob@example.com, ann@example.com", "<email_1>, <email_2>, <email_1>"),
    ("MRN-1234567 pays 4111 1111 1111 1111", "<mrn_1> pays <card_2>"),
    (#"ann\u0040example.com"#, "<email_1>"), (#"\"ann@example.com\"\n"#, #"\"<email_1>\"\n"#),
    ("ä😀 ann@example.com", "ä😀 <email_1>"), (#"\ud83d\ude00 MRN-12345"#, #"\ud83d\ude00 <mrn_1>"#),
    ("<email_3> and ann@example.com", "<email_3> and <email_4>"),
    (#"\u003cmrn_7> ann@example.com"#, #"\u003cmrn_7> <email_8>"#),
    ("nothing", "nothing"), ("call +49 30 1234567", "call +49 30 1234567"),
    ("<b>MRN-12345</b>", "<b><mrn_1></b>"),
    ("MRN-1234 MRN-123 xMRN-12345 MRN-123456789", "<mrn_1> MRN-123 xMRN-12345 MRN-123456789"),
  ])
  func whatIsFoundIsMasked(content: String, expected: String) throws {
    #expect(try Self.content(content) == expected)
  }

  @Test func everyTextIsMaskedAndTheModelsNameIsNot() throws {
    let body =
      #"{"model":"ann@example.com","user":"ann@example.com","messages":[{"role":"user","content":[{"type":"text","text":"ann@example.com"}]}],"tools":[{"function":{"description":"ann@example.com"}}]}"#
    let text = try #require(try Self.masked(body)).text
    #expect(text.components(of: "<email_1>") == 3 && text.components(of: "ann@example.com") == 1)
    #expect(text.hasPrefix(#"{"model":"ann@example.com""#))
  }

  @Test func whatCannotBePutBackIsNotMasked() throws {
    let key = #"{"messages":[{"role":"user","content":"a"}],"x":{"ann@example.com":1}}"#
    #expect(try Self.masked(key)?.text == nil)
    #expect(try Self.masked(#"{"input":"ann@example.com"}"#, .responses)?.text == nil)
    // Lines are no events, in which it could be put back.
    let chat = #"{"messages":[{"role":"user","content":"ann@example.com"}]}"#
    #expect(try Self.masked(chat, .ollamaChat)?.text == nil)
    #expect(try Self.masked(chat, .messages)?.text.contains("ann@") == false)
  }

  /// Whatever the text: hardly ever is anything found in what is masked that was none before, as it ends now where a finding begins. Who
  /// masks looks again, and then masks nothing (`DataRules.masked`).
  @Test func hardlyAnythingIsFoundInWhatIsMasked() throws {
    var found = 0
    var chance = Chance(seed: 9)
    let parts = [
      "ann@example.com", "4111111111111111", "MRN-12345", "@", "-", " ", "b.de", "<email_1>", "\\u0040", "é",
      "\\n", "1",
    ]
    let (peek, detectors) = (Peek(), try Self.detectors())
    for _ in 0..<3_000 {
      let content = (0..<chance.below(9)).map { _ in parts[chance.below(parts.count)] }.joined()
      guard let text = try Self.masked(Self.chat(content))?.text else { continue }
      let again = try peek.request(PaddedBytes(text.utf8), surface: .chatCompletions, detectors: detectors)
      if !again.facts.detected.isDisjoint(with: [.email, DetectorSet(pattern: 0)]) { found += 1 }
    }
    #expect(found < 30)
  }
}

extension String {
  /// How often a text stands in it.
  fileprivate func components(of text: String) -> Int {
    (count - replacing(text, with: "").count) / text.count
  }
}
