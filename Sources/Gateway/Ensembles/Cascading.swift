import Dialects
import NIOCore
import Policy
import Telemetry

/// One model after the other, until an answer will do.
extension Worker {
  func cascade(_ run: EnsembleRun, _ exchange: Exchange) async -> Branch {
    let places = run.lineUp.models.indices
    var asked: [Branch] = []
    var kept: Branch?
    for place in places {
      let branch = begin(place, of: run, exchange)
      asked.append(branch)
      // Without an answer to fall back on, there is no use in being in time.
      await wait(for: branch, until: kept == nil ? nil : run.deadline)
      if branch.hasAnswer {
        guard place < places.count - 1 else { return run.decide(branch, .escalated) }
        guard let objection = await objection(to: branch, of: run, exchange) else {
          return run.decide(branch, .accepted)
        }
        let name = run.lineUp.ensemble.name
        shard.increment(registry.series(Catalogue.ensembleObjections, name, objection.rawValue))
        kept = branch
      }
      let now = SystemClock.monotonicNanoseconds()
      if branch.isFinal || exchange.obstacle(now: now) != nil || (kept != nil && run.isLate(now: now)) {
        break
      }
    }
    guard let kept else { return run.decideWithoutChoice(asked) }
    let isLate = run.isLate(now: SystemClock.monotonicNanoseconds())
    return run.decide(kept, isLate ? .deadline : .rejected)
  }

  /// Why an answer won't do; nil where it will, and where nobody can tell: it is more than is read, or its judge doesn't say in time.
  private func objection(
    to branch: Branch, of run: EnsembleRun, _ exchange: Exchange
  ) async -> AnswerCheck.Objection? {
    guard let answer = subject(of: branch) else { return nil }
    let lineUp = run.lineUp
    if let objection = lineUp.ensemble.checks.objection(to: answer, format: lineUp.format) {
      return objection
    }
    guard let judge = lineUp.judge, !answer.callsTools, !answer.isRefusal, let turns = turns(of: run),
      let question = WorthQuestion(turns, answer: answer.text)
    else { return nil }
    let body = question.body(model: exchange.snapshot.models[judge].name, boundary: Self.boundary())
    guard mayGoOn(run, exchange), let asked = ask(judge, body, of: run, exchange) else { return nil }
    await wait(for: asked, until: run.deadline)
    let isGood: Bool? = hear(asked, of: run, { question.verdict(in: $0) }, as: { $0 ? "good" : "bad" })
    return isGood == false ? .judge : nil
  }

  /// What is known of an answer; nil where it is more than is read, or broke off.
  func subject(of branch: Branch) -> AnswerCheck.Subject? {
    guard case .answer(let attempt)? = branch.end, attempt.finalVerdict?.kind == .success else { return nil }
    let (isEvents, surface) = (attempt.kind == .events, attempt.surface)
    let said = attempt.heldBytes.withUnsafeReadableBytes { bytes in
      peek.text(of: bytes, isEvents: isEvents, surface)
    }
    return said.map { said in
      AnswerCheck.Subject(
        text: said.text, isRefusal: said.isRefusal || attempt.finishReason == "content_filter",
        callsTools: said.callsTools, meanLogProbability: said.meanLogProbability)
    }
  }
}
