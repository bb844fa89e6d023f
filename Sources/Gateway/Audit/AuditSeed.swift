import Dialects
import Policy

/// What is kept of an exchange that is looked at again, until it is settled.
struct AuditSeed {
  let body: PaddedBytes
  /// Without a sketch.
  let note: AuditNote
  /// The complexity that the heuristic says, 0 to 1.
  let heuristic: Double
  /// The id of its answer's ticket; nil where it has none.
  var ticket: UInt64?
}

extension RuleRoom {
  /// What the rules made of the request that they were asked about last. `rule`: the position of the one that held.
  func note(of rule: Int?, by table: RuleTable, _ prompt: PromptFacts, _ rules: PromptRules) -> AuditNote {
    let taken = RequestClass(
      task: facts[RuleText.taskType].flatMap { TaskKind(rawValue: $0) },
      complexity: table.asksComplexity ? rules.band(of: prompt.complexity) : nil)
    return AuditNote(
      rule: rule.map { table.rules[$0].label } ?? "none", taken: taken,
      same: table.matcher.classes(comingTo: rule, facts, takenFor: taken, rules))
  }
}
