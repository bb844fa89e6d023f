import Policy
import Testing

@testable import Gateway

struct TaskHintTests {
  private func head(_ task: String) throws -> RequestHead {
    try RequestHead(
      method: "POST", target: "/", headers: [(name: "host", value: "a"), (name: "x-task-type", value: task)])
  }

  @Test func theHeaderGoesBeforeWhatWasRead() throws {
    var facts = RequestFacts(surface: .chatCompletions)
    facts.prompt = PromptFacts()
    facts.prompt?.task = .chat
    facts.takeTask(from: try head("nonsense"))
    #expect(facts.prompt?.task == .chat)
    facts.takeTask(from: try head("summarization"))
    #expect(facts.prompt?.task == .summarisation)
  }

  @Test func itIsNotLookedAtWhereNobodyAsks() throws {
    var facts = RequestFacts(surface: .chatCompletions)
    facts.takeTask(from: try head("code"))
    #expect(facts.prompt == nil)
  }
}
