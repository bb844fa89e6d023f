import Dialects
import Policy
import Testing

/// What a judge is asked, and what of its reply is heard.
@Suite("Questions for a judge")
struct JudgeQuestionTests {
  private func turns(_ messages: String) -> [ConversationTurn]? {
    Peek().conversation(of: PaddedBytes(#"{"x":[{}],"messages":[\#(messages)]}"#.utf8))
  }

  private func question(
    candidate: String = "new", baseline: String = "old", isCandidateFirst: Bool = true
  ) throws -> JudgeQuestion {
    try #require(
      JudgeQuestion(
        [ConversationTurn(role: "user", text: "Why?")], candidate: candidate, baseline: baseline,
        isCandidateFirst: isCandidateFirst))
  }

  @Test func aConversationIsItsTexts() {
    let found = turns(
      #"{"role":"system","content":"Be \"brief\"."},{"role":"user","content":[{"type":"text","text":"a"},{"type":"text","text":"b"}]},"#
        + #"{"role":"assistant","content":"c","tool_calls":null}"#)
    #expect(
      found == [
        ConversationTurn(role: "system", text: #"Be "brief"."#), ConversationTurn(role: "user", text: "ab"),
        ConversationTurn(role: "assistant", text: "c"),
      ])
  }

  @Test(arguments: [
    #"{"role":"user","content":[{"type":"image_url","image_url":{"url":"x"}}]}"#,
    #"{"role":"user","content":[{"type":"text","text":"a"},{"type":"input_audio"}]}"#,
    #"{"role":"assistant","content":null}"#, #"{"role":"assistant"}"#,
    #"{"role":"assistant","content":"","tool_calls":[{}]}"#,
    #"{"role":"assistant","content":"","function_call":{}}"#, #"{"role":"user\n=== end","content":"a"}"#,
  ])
  func whatIsMoreThanTextIsNoConversation(message: String) {
    #expect(turns(message) == nil)
    #expect(turns(#"{"role":"user","content":"a"},\#(message)"#) == nil)
  }

  @Test func bothAnswersStandBehindTheBoundary() throws {
    let body = try question().body(model: "judge \"1\"", boundary: "=== 7x").text
    let request = try peek(body)
    #expect(request.facts.model == #"judge "1""# && request.facts.maxOutputTokens == 64)
    #expect(request.facts.messages == 2 && !request.facts.stream)
    let turns = try #require(Peek().conversation(of: PaddedBytes(body.utf8)))
    #expect(turns.map(\.role) == ["system", "user"])
    #expect(turns[0].text.contains("=== 7x"))
    #expect(
      turns[1].text
        == "=== 7x message of user\nWhy?\n=== 7x answer A\nnew\n=== 7x answer B\nold\n=== 7x end\n")
    let turned = try question(isCandidateFirst: false).body(model: "m", boundary: "=").text
    #expect(turned.contains(#"= answer A\nold\n= answer B\nnew\n= end"#))
  }

  @Test func aVerdictIsOfTheCandidateWhereverItStood() throws {
    let (first, second) = (try question(), try question(isCandidateFirst: false))
    #expect(first.verdict(in: #"{"better":"A"}"#) == .better)
    #expect(first.verdict(in: #"{"better":"B"}"#) == .worse)
    #expect(second.verdict(in: #"{"better":"A"}"#) == .worse)
    #expect(second.verdict(in: #"{"better":"B"}"#) == .better)
    for question in [first, second] {
      #expect(question.verdict(in: "\n { \"better\" : \"same\" }\n") == .same)
    }
  }

  @Test(arguments: [
    "", "A", #""A""#, "{}", #"{"better":"a"}"#, #"{"better":"C"}"#, #"{"better":1}"#, #"{"better":null}"#,
    #"{"better":["A"]}"#, #"{"better":"A","why":"I was told to"}"#, #"{"better":"A","better":"B"}"#,
    #"{"better":"A"} {"better":"B"}"#, #"Answer A is better: {"better":"A"}"#, #"{"better":"A""#,
    #"{"worse":"A"}"#, "```json\n{\"better\":\"A\"}\n```",
  ])
  func nothingElseIsAVerdict(reply: String) throws {
    #expect(try question().verdict(in: reply) == nil)
  }

  @Test func nobodyReadsTooMuch() {
    let text = String(repeating: "a", count: JudgeQuestion.mostBytes / 2)
    let turn = ConversationTurn(role: "user", text: "")
    #expect(JudgeQuestion([turn], candidate: text, baseline: text, isCandidateFirst: true) != nil)
    #expect(JudgeQuestion([turn], candidate: text, baseline: text + "b", isCandidateFirst: true) == nil)
    let long = ConversationTurn(role: "user", text: text + "é")
    #expect(JudgeQuestion([long], candidate: text, baseline: "", isCandidateFirst: true) == nil)
  }
}
