import Policy
import Telemetry

/// All models at once: what most of them say.
extension Worker {
  func vote(_ run: EnsembleRun, _ exchange: Exchange) async -> Branch {
    let branches = run.lineUp.models.indices.map { begin($0, of: run, exchange) }
    var tally = VoteTally(voters: branches.count, quorum: run.lineUp.quorum)
    var counted: Set<Int> = []
    while true {
      for (place, branch) in branches.enumerated() where branch.end != nil && counted.insert(place).inserted {
        tally.cast(place, ballot(of: branch, run))
      }
      if let decision = tally.decision {
        return run.decide(branches[decision.place], EnsembleRun.End(decision.way))
      }
      let isLate = run.isLate(now: SystemClock.monotonicNanoseconds())
      if isLate, let best = tally.best { return run.decide(branches[best.place], .deadline) }
      guard counted.count < branches.count else { return run.decideWithoutChoice(branches) }
      // Behind the deadline the first answer is taken.
      await waitForAny(of: branches, until: isLate ? nil : run.deadline)
    }
  }

  private func ballot(of branch: Branch, _ run: EnsembleRun) -> VoteTally.Ballot {
    guard let answer = subject(of: branch) else { return .none }
    switch run.lineUp.ensemble.checks.objection(to: answer, format: run.lineUp.format) {
    case nil: return .answer(answer.text)
    case .refusal: return .refusal
    case .empty, .schema, .confidence, .judge: return .none
    }
  }
}
