import Dialects
import Policy
import Telemetry

/// All models at once: the answer that a judge likes best.
extension Worker {
  func bestOf(_ run: EnsembleRun, _ exchange: Exchange) async -> Branch {
    let branches = run.lineUp.models.indices.map { begin($0, of: run, exchange) }
    await gather(run.lineUp.quorum, branches, run)
    for branch in branches where branch.end == nil { branch.dismiss() }
    let checks = run.lineUp.ensemble.checks
    let answers: [(place: Int, text: String)] = branches.enumerated().compactMap { place, branch in
      guard let answer = subject(of: branch),
        checks.objection(to: answer, format: run.lineUp.format) == nil
      else { return nil }
      return (place: place, text: answer.text)
    }
    guard answers.count > 1, var knockout = Knockout(Array(answers.indices)) else {
      guard let answer = answers.first else { return run.decideWithoutChoice(branches) }
      return run.decide(branches[answer.place], .only)
    }
    var isJudged = false
    while let challenger = knockout.challenger, mayGoOn(run, exchange) {
      let pair = (champion: answers[knockout.champion].text, challenger: answers[challenger].text)
      guard let verdict = await compare(pair.challenger, with: pair.champion, of: run, exchange) else {
        break
      }
      isJudged = true
      knockout.settle(verdict)
    }
    let end: EnsembleRun.End =
      run.isLate(now: SystemClock.monotonicNanoseconds()) ? .deadline : isJudged ? .judged : .unjudged
    return run.decide(branches[answers[knockout.champion].place], end)
  }

  /// Until so many have answered, all have ended, or time is up and somebody has answered.
  private func gather(_ quorum: Int, _ branches: [Branch], _ run: EnsembleRun) async {
    while branches.contains(where: { $0.end == nil }) {
      let count = branches.filter(\.hasAnswer).count
      let isLate = run.isLate(now: SystemClock.monotonicNanoseconds())
      if count >= quorum || (isLate && count > 0) { return }
      await waitForAny(of: branches, until: isLate ? nil : run.deadline)
    }
  }

  /// Whether there is time for another call.
  func mayGoOn(_ run: EnsembleRun, _ exchange: Exchange) -> Bool {
    let now = SystemClock.monotonicNanoseconds()
    return !run.isLate(now: now) && exchange.obstacle(now: now) == nil
  }

  /// What the judge makes of a later answer beside an earlier one, asked in both orders at once; nil where it was not heard.
  private func compare(
    _ later: String, with earlier: String, of run: EnsembleRun, _ exchange: Exchange
  ) async -> PairVerdict? {
    guard let judge = run.lineUp.judge, let turns = turns(of: run) else { return nil }
    let name = exchange.snapshot.models[judge].name
    let questions = [true, false].compactMap { isLaterFirst in
      JudgeQuestion(turns, candidate: later, baseline: earlier, isCandidateFirst: isLaterFirst)
    }
    let asked = questions.compactMap { question in
      ask(judge, question.body(model: name, boundary: Self.boundary()), of: run, exchange)
    }
    guard asked.count == 2 else { return nil }
    while asked.contains(where: { $0.end == nil }), mayGoOn(run, exchange) {
      await waitForAny(of: asked, until: run.deadline)
    }
    let heard: [PairVerdict?] = zip(asked, questions).map { branch, question in
      hear(branch, of: run, { question.verdict(in: $0) }, as: { $0.rawValue })
    }
    return heard.contains { $0 != nil } ? PairVerdict.agreed(heard[0], heard[1]) : nil
  }
}
