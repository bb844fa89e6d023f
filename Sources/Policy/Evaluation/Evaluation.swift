/// Runs of a suite by a version and by what serves beside it, and what they come to.
package struct Evaluation: Sendable {
  /// One run of one case.
  private struct Run: Sendable {
    var latency: Int
    var broken: [Expectation.Property]
  }

  private let suite: EvaluationSuite
  private let candidate: Int
  /// 0: the model's own deployments.
  private let baseline: Int
  /// The candidate's p95 may be so many times the baseline's.
  private let latencyRatio: Double
  private var runs: [Side: [[Run]]] = [:]

  package enum Side: Hashable, Sendable, CaseIterable { case candidate, baseline }

  package init(_ suite: EvaluationSuite, candidate: Int, baseline: Int, latencyRatio: Double) {
    (self.suite, self.candidate, self.baseline) = (suite, candidate, baseline)
    self.latencyRatio = latencyRatio
    for side in Side.allCases { runs[side] = suite.cases.map { _ in [] } }
  }

  /// Takes the answer to the case at a position; what it lacks.
  @discardableResult
  package mutating func take(_ answer: EvaluationAnswer, at position: Int, of side: Side)
    -> [Expectation.Property]
  {
    let version = side == .candidate ? candidate : baseline == 0 ? nil : baseline
    let broken = suite.cases[position].expect.broken(by: answer, of: version)
    runs[side]?[position].append(Run(latency: answer.latency, broken: broken))
    return broken
  }

  /// One line of the table: how often each side was as it had to be, and what the candidate lacked.
  package struct Line: Sendable {
    package var name: String
    package var candidate: (passed: Int, runs: Int)
    package var baseline: (passed: Int, runs: Int)
    package var lacks: [Expectation.Property]
  }

  package var lines: [Line] {
    suite.cases.indices.map { position in
      let (new, old) = (made(position, .candidate), made(position, .baseline))
      let lacks = Expectation.Property.allCases.filter { property in
        new.contains { $0.broken.contains(property) }
      }
      return Line(
        name: suite.cases[position].name, candidate: Self.passed(new), baseline: Self.passed(old),
        lacks: lacks)
    }
  }

  package func report(at time: Int64, by person: String) -> EvaluationReport {
    let (new, old) = (score(.candidate), score(.baseline))
    return EvaluationReport(
      suite: suite.digest, cases: suite.cases.count, baseline: baseline, candidateScore: new,
      baselineScore: old, flaws: Array(flaws(new, old).prefix(EvaluationReport.mostFlaws)), at: time,
      by: person)
  }

  // MARK: Parts

  private func made(_ position: Int, _ side: Side) -> [Run] { runs[side]?[position] ?? [] }

  private static func passed(_ runs: [Run]) -> (passed: Int, runs: Int) {
    (runs.count { $0.broken.isEmpty }, runs.count)
  }

  private func score(_ side: Side) -> EvaluationReport.Score {
    let all = (runs[side] ?? []).flatMap { $0 }
    let latencies = all.map(\.latency).sorted()
    let rank = Int((0.95 * Double(latencies.count)).rounded(.up)) - 1
    return EvaluationReport.Score(
      passed: Self.passed(all).passed, runs: all.count,
      latency95: latencies.isEmpty ? 0 : latencies[max(0, rank)])
  }

  /// What was as it had to be more often with the baseline; then quality as a whole, then latency.
  private func flaws(_ new: EvaluationReport.Score, _ old: EvaluationReport.Score) -> [String] {
    var flaws: [String] = []
    for position in suite.cases.indices {
      let (new, old) = (made(position, .candidate), made(position, .baseline))
      for property in Expectation.Property.allCases {
        let (more, less) = (Self.count(property, new), Self.count(property, old))
        guard more * old.count > less * new.count else { continue }
        flaws.append(
          "\(suite.cases[position].name): \(property.rawValue) fails in \(more) of \(new.count) runs, "
            + "in \(less) of \(old.count) before")
      }
    }
    if new.passed * old.runs < old.passed * new.runs {
      flaws.append(
        "\(new.passed) of \(new.runs) runs are as they have to be, \(old.passed) of \(old.runs) before")
    }
    if Double(new.latency95) > Double(max(1, old.latency95)) * latencyRatio {
      flaws.append(
        "the p95 of the latency is \(new.latency95) ms, more than \(latencyRatio) times the \(old.latency95) ms before"
      )
    }
    return flaws
  }

  private static func count(_ property: Expectation.Property, _ runs: [Run]) -> Int {
    runs.count { $0.broken.contains(property) }
  }
}
