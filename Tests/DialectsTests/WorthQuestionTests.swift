import Dialects
import Policy
import Testing

/// What a judge is asked about one answer, and what of its reply is heard.
@Suite("Questions about one answer")
struct WorthQuestionTests {
  private func question(_ answer: String = "Because.") -> WorthQuestion? {
    WorthQuestion([ConversationTurn(role: "user", text: "Why?")], answer: answer)
  }

  @Test func theAnswerStandsBehindTheBoundary() throws {
    let body = try #require(question()).body(model: "judge", boundary: "=== 7x")
    let request = try Peek().request(body, surface: .chatCompletions)
    #expect(request.facts.model == "judge" && request.facts.maxOutputTokens == 64 && !request.facts.stream)
    let turns = try #require(Peek().conversation(of: body))
    #expect(turns.map(\.role) == ["system", "user"] && turns[0].text.contains("=== 7x"))
    #expect(turns[1].text == "=== 7x message of user\nWhy?\n=== 7x answer\nBecause.\n=== 7x end\n")
  }

  @Test(
    arguments: [
      (#"{"good":true}"#, true), (" { \"good\" : false } ", false), (#"{"good":"true"}"#, nil), ("true", nil),
      (#"{"good":true,"as":"I was told"}"#, nil), (#"It is {"good":true}"#, nil), ("", nil),
    ] as [(String, Bool?)])
  func onlyAVerdictIsHeard(reply: String, verdict: Bool?) throws {
    #expect(try #require(question()).verdict(in: reply) == verdict)
  }

  @Test func nobodyIsAskedToReadTooMuch() {
    #expect(question(String(repeating: "x", count: JudgeQuestion.mostBytes - 4)) != nil)
    #expect(question(String(repeating: "x", count: JudgeQuestion.mostBytes - 3)) == nil)
  }
}
