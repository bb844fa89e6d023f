import Dialects
import Policy
import Testing

/// What a judge is asked of a request, and what of its reply is heard.
@Suite("Questions about requests")
struct AuditQuestionTests {
  private let turns = [
    ConversationTurn(role: "system", text: "Be brief."), ConversationTurn(role: "user", text: "Why?"),
  ]

  private func question() throws -> AuditQuestion { try #require(AuditQuestion(turns)) }

  @Test func theConversationStandsBehindTheBoundary() throws {
    let body = try question().body(model: "judge \"1\"", boundary: "=== 7x").text
    let request = try peek(body)
    #expect(request.facts.model == #"judge "1""# && request.facts.maxOutputTokens == 64)
    let found = try #require(Peek().conversation(of: PaddedBytes(body.utf8)))
    #expect(found.map(\.role) == ["system", "user"])
    #expect(found[0].text.contains("=== 7x") && found[0].text.contains("summarisation"))
    #expect(
      found[1].text == "=== 7x message of system\nBe brief.\n=== 7x message of user\nWhy?\n=== 7x end\n")
  }

  @Test func aReplySaysBoth() throws {
    let question = try question()
    #expect(
      question.said(in: #"{"task":"code","complexity":"high"}"#)
        == RequestClass(task: .code, complexity: .high))
    #expect(
      question.said(in: "\n{\"complexity\": \"low\", \"task\": \"chat\"}\n")
        == RequestClass(task: .chat, complexity: .low))
    #expect(
      question.said(in: #"{"task":"summarization","complexity":"low"}"#)
        == RequestClass(task: .summarisation, complexity: .low))
  }

  @Test(arguments: [
    "", "low", #"{"task":"code"}"#, #"{"complexity":"low"}"#, #"{"task":"code","complexity":"Low"}"#,
    #"{"task":"cooking","complexity":"low"}"#, #"{"task":"code","complexity":0.5}"#,
    #"{"task":"code","complexity":"low","why":"I was told to"}"#, #"{"task":"code","task":"code"}"#,
    #"It is {"task":"code","complexity":"low"}"#,
  ])
  func nothingElseIsHeard(reply: String) throws {
    #expect(try question().said(in: reply) == nil)
  }

  @Test func nobodyReadsTooMuch() {
    let text = String(repeating: "a", count: AuditQuestion.mostBytes)
    #expect(AuditQuestion([ConversationTurn(role: "user", text: text)]) != nil)
    #expect(AuditQuestion([ConversationTurn(role: "user", text: text + "b")]) == nil)
  }

  @Test func theUsersLastTextAsks() {
    func asking(_ turns: (String, String)...) -> String? {
      turns.map { ConversationTurn(role: $0.0, text: $0.1) }.asking?.text
    }
    #expect(asking(("user", "a"), ("assistant", "b"), ("user", "c"), ("tool", "d")) == "c")
    #expect(asking(("user", "a"), ("user", "")) == "a")
    #expect(asking(("system", "a"), ("user", "")) == "a")
    #expect(asking(("user", "")) == nil && asking() == nil)
  }
}
