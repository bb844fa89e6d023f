import Policy
import Testing

@testable import Dialects

struct AnswerRestorerTests {
  private static let placeholders: Placeholders = {
    var placeholders = Placeholders()
    placeholders.add("email_1", for: Array("ann@example.com".utf8))
    placeholders.add("email_10", for: Array("bob@example.com".utf8))
    placeholders.add("note_2", for: Array("say \"hi\"\n\\o/".utf8))
    return placeholders
  }()

  /// What comes out for an answer that comes in pieces of these lengths, the last one again and again.
  private static func restored(_ answer: [UInt8], isEvents: Bool, cuts: [Int]) -> String {
    let restorer = AnswerRestorer(placeholders, isEvents: isEvents)
    var out: [UInt8] = []
    var (at, cut) = (0, 0)
    while at < answer.count {
      let end = min(answer.count, at + cuts[min(cut, cuts.count - 1)])
      answer[at..<end].withUnsafeBytes { restorer.feed($0) { out += $0 } }
      (at, cut) = (end, cut + 1)
    }
    restorer.finish { out += $0 }
    return String(decoding: out, as: UTF8.self)
  }

  private static func event(_ content: String, _ finish: String = "null", index: Int = 0) -> String {
    #"data: {"id":"x","choices":[{"index":\#(index),"delta":{"content":"\#(content)"},"finish_reason":\#(finish)}]}"#
      + "\n\n"
  }

  /// The texts of a stream's events, put together by choice.
  private static func contents(_ stream: String, index: Int = 0) -> String {
    stream.split(separator: "\n\n").compactMap { event -> Substring? in
      guard event.contains("\"index\":\(index),"), let from = event.firstRange(of: "\"content\":\""),
        let to = event.firstRange(of: "\"},\"finish")
      else { return nil }
      return event[from.upperBound..<to.lowerBound]
    }.joined()
  }

  private static let told = "Dear <email_1>, <email_10> and <email_2> say <note_2>: <b>x</b> <email_"
  private static let said =
    #"Dear ann@example.com, bob@example.com and <email_2> say say \"hi\"\n\\o/: <b>x</b> <email_"#

  /// Cut between events at every place of the text, and between pieces at every place of the stream.
  @Test func aStreamIsRestoredHoweverItIsCut() {
    let text = Array(Self.told)
    for first in 0...text.count {
      let second = min(text.count, first + 4)
      let stream =
        Self.event(String(text[..<first])) + Self.event(String(text[first..<second])) + ": ping\n\n"
        + Self.event(String(text[second...]), "\"stop\"") + "data: [DONE]\n\n"
      for cuts in [[10_000], [1], [7], [first + 40, 3]] {
        let out = Self.restored(Array(stream.utf8), isEvents: true, cuts: cuts)
        #expect(Self.contents(out) == Self.said, "cut at \(first), pieces of \(cuts)")
        #expect(out.hasSuffix("data: [DONE]\n\n"))
      }
    }
  }

  @Test func everyLetterMayBeAnEventOfItsOwn() {
    let stream = Self.told.map { Self.event(String($0)) }.joined() + "data: [DONE]\n\n"
    for cut in 1..<200 {
      #expect(Self.contents(Self.restored(Array(stream.utf8), isEvents: true, cuts: [cut])) == Self.said)
    }
  }

  @Test func choicesAreApart() {
    let stream =
      Self.event("<ema") + Self.event("<emai", index: 1) + Self.event("il_1>") + Self.event("l_10>", index: 1)
      + "data: [DONE]\n\n"
    let out = Self.restored(Array(stream.utf8), isEvents: true, cuts: [9])
    #expect(Self.contents(out) == "ann@example.com" && Self.contents(out, index: 1) == "bob@example.com")
  }

  @Test func bracketsMayBeEscaped() {
    let stream =
      Self.event(#"to \u003cemail_1"#) + Self.event(#"\u003e, \\u003cemail_1>"#) + "data: [DONE]\n\n"
    #expect(
      Self.contents(Self.restored(Array(stream.utf8), isEvents: true, cuts: [5]))
        == #"to ann@example.com, \\u003cemail_1>"#)
  }

  /// What was held back has to come before the block that it is of is over.
  @Test func aBlockOfAnthropicsEndsWithAllOfItsText() {
    func delta(_ member: String, _ text: String) -> String {
      "event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"index\":0,\"delta\":{\"\(member)\":\"\(text)\"}}\n\n"
    }
    let stop = "event: content_block_stop\ndata: {\"type\":\"content_block_stop\",\"index\":0}\n\n"
    for member in ["text", "thinking", "partial_json"] {
      let stream = delta(member, "to <ema") + delta(member, "il_1> <email_") + stop
      let out = Self.restored(Array(stream.utf8), isEvents: true, cuts: [11])
      #expect(out.hasSuffix(delta(member, "<email_") + stop), "\(member)")
      #expect(out.contains("ann@example.com "))
    }
  }

  @Test func toolsGetJSONWithinJSON() {
    let answer =
      #"{"choices":[{"message":{"tool_calls":[{"function":{"arguments":"{\"a\":\"<note_2>\"}"}}],"content":"<note_2>"}}]}"#
    let expected =
      #"{"choices":[{"message":{"tool_calls":[{"function":{"arguments":"{\"a\":\"say \\\"hi\\\"\\n\\\\o/\"}"}}],"content":"say \"hi\"\n\\o/"}}]}"#
    for cut in 1...answer.utf8.count {
      #expect(Self.restored(Array(answer.utf8), isEvents: false, cuts: [cut]) == expected)
    }
  }

  @Test func aStreamThatBreaksOffLosesNothing() {
    let stream = Self.event("Dear <ema") + "data: {\"choi"
    let out = Self.restored(Array(stream.utf8), isEvents: true, cuts: [3])
    #expect(Self.contents(out) == "Dear <ema" && out.hasSuffix("data: {\"choi"))
  }

  @Test func anAnswerWithoutPlaceholdersIsUntouched() {
    let stream =
      "event: x\ndata: {\"a\" : \"b<c\\\\\"}\r\n\r\n" + ": ping\n\n" + Self.event("x < y", "\"stop\"")
      + "data: [DONE]\n\n"
    for cut in 1..<60 { #expect(Self.restored(Array(stream.utf8), isEvents: true, cuts: [cut]) == stream) }
    let answer = "{\"a\":[1,\"<email_3>\",null],\"b\":\"\\u003c\"}\n"
    #expect(Self.restored(Array(answer.utf8), isEvents: false, cuts: [4]) == answer)
    #expect(Self.restored(Array("upstream broke".utf8), isEvents: false, cuts: [4]) == "upstream broke")
  }
}
