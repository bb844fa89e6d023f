import Dialects
import Policy
import Telemetry

/// Models that judge answers: asked as any other is, on the caller's account, and heard only as far as they say what they were asked for.
extension Worker {
  /// Nil where the request can't be made.
  func ask(_ judge: Int, _ body: PaddedBytes, of run: EnsembleRun, _ exchange: Exchange) -> Branch? {
    guard let request = try? peek.request(body, surface: .chatCompletions) else { return nil }
    return begin(judge, request, body, place: nil, of: run, exchange)
  }

  /// What a judge has said; nil where it has said nothing that can be heard, or not yet: then nobody waits for it any longer.
  func hear<Verdict>(
    _ branch: Branch, of run: EnsembleRun, _ read: (String) -> Verdict?, as word: (Verdict) -> String
  ) -> Verdict? {
    let verdict = subject(of: branch).flatMap { read($0.text) }
    let said = verdict.map(word) ?? (branch.end == nil ? "late" : branch.hasAnswer ? "none" : "failed")
    shard.increment(registry.series(Catalogue.ensembleJudged, run.lineUp.ensemble.name, said))
    if branch.end == nil { branch.dismiss() }
    return verdict
  }

  /// The conversation, as far as a judge may read it; nil where it is more than text, or too long.
  func turns(of run: EnsembleRun) -> [ConversationTurn]? {
    // Whatever else is in the request, its texts are a good part of it.
    guard run.body.count <= 8 * JudgeQuestion.mostBytes else { return nil }
    return peek.conversation(of: run.body)
  }

  /// What separates the parts of a question. It isn't of the worker's own chance, of which clients see something.
  static func boundary() -> String { "=== " + String(UInt64.random(in: 0...UInt64.max), radix: 36) }
}
