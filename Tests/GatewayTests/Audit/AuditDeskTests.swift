import Policy
import Testing

@testable import Gateway

/// How many questions there are at a time, and what a rule is noted to have made of a request.
struct AuditDeskTests {
  @Test func allWorkersShareTheReplicasPlaces() {
    let desk = AuditDesk()
    for _ in 0..<AuditDesk.most { #expect(desk.enter(now: 0) == nil) }
    #expect(desk.enter(now: 0) == .full)
    desk.leave()
    #expect(desk.enter(now: 0) == nil)
  }

  @Test func whoAsksToBeLeftAloneIs() {
    let desk = AuditDesk()
    desk.pause(until: 5_000)
    desk.pause(until: 4_000)
    #expect(desk.enter(now: 4_999) == .cooldown && desk.enter(now: 5_000) == nil)
  }

  @Test func allWorkersShareTheHour() {
    let desk = AuditDesk()
    #expect(desk.take(60, now: 0) && !desk.take(60, now: 59_999) && desk.take(60, now: 60_000))
  }

  @Test func aNoteSaysWhatRulesAskFor() throws {
    let rules = """
        - { name: hard, condition: { complexity: high }, model: big }
        - { name: coders, condition: { task_type: code }, model: big }

      """
    let snapshot = try RulesUnderTest.snapshot(rules)
    let table = try #require(snapshot.rules)
    var facts = RulesUnderTest.facts("chat")
    var prompt = PromptFacts()
    (prompt.complexity, prompt.task) = (0.5, .code)
    facts.prompt = prompt
    var room = RuleRoom()
    let input = RuleInput(
      request: facts, head: try RulesUnderTest.head(), principal: RulesUnderTest.principal(), classes: [],
      inputTokens: nil, load: nil, now: 0)
    let rule = room.first(of: table, epoch: 1, input)
    let note = room.note(of: rule, by: table, prompt, PromptRules())
    #expect(note.rule == "coders" && note.taken == RequestClass(task: .code, complexity: .medium))
    #expect(note.isRight(RequestClass(task: .code, complexity: .low)))
    #expect(!note.isRight(RequestClass(task: .code, complexity: .high)))
    #expect(!note.isRight(RequestClass(task: .chat, complexity: .medium)))
  }
}
