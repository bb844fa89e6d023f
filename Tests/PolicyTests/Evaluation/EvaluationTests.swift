import Policy
import Testing

/// A version beside the one that serves, over a suite.
struct EvaluationTests {
  private func suite() throws -> EvaluationSuite {
    try EvaluationSuiteTests.suite(
      EvaluationSuiteTests.line(#"{"contains":"yes"}"#, name: "a"),
      EvaluationSuiteTests.line(#"{"finish_reason":"stop"}"#, name: "b"))
  }

  private func answer(_ text: String, _ latency: Int, version: Int) -> EvaluationAnswer {
    let body = #"{"choices":[{"message":{"content":"\#(text)"},"finish_reason":"stop"}]}"#
    return EvaluationAnswer(status: 200, latency: latency, body: body) {
      $0 == "x-switchyard-version" ? "\(version)" : nil
    }
  }

  /// Of each side the texts that the first case is answered with, and the latency of all answers.
  private func report(
    _ new: [String], _ old: [String], latencies: (new: Int, old: Int) = (100, 100)
  ) throws -> EvaluationReport {
    var evaluation = Evaluation(try suite(), candidate: 12, baseline: 11, latencyRatio: 1.25)
    for (side, texts, latency, version) in [
      (Evaluation.Side.candidate, new, latencies.new, 12), (.baseline, old, latencies.old, 11),
    ] {
      for text in texts {
        evaluation.take(answer(text, latency, version: version), at: 0, of: side)
        evaluation.take(answer("x", latency, version: version), at: 1, of: side)
      }
    }
    return evaluation.report(at: 1_795_290_242_389, by: "ann")
  }

  @Test func whatIsAsGoodPasses() throws {
    let report = try report(["yes", "yes"], ["yes", "no"])
    #expect(report.passes && report.cases == 2 && report.baseline == 11)
    #expect(report.candidateScore == .init(passed: 4, runs: 4, latency95: 100))
    #expect(report.baselineScore == .init(passed: 3, runs: 4, latency95: 100))
  }

  @Test func whatFailsOnBothSidesIsNoRegression() throws {
    #expect(try report(["no"], ["no"]).passes)
  }

  @Test func whatFailsMoreOftenThanBeforeIsTold() throws {
    let report = try report(["yes", "no"], ["yes", "yes"])
    #expect(
      report.flaws == [
        "a: contains fails in 1 of 2 runs, in 0 of 2 before",
        "3 of 4 runs are as they have to be, 4 of 4 before",
      ])
  }

  @Test func aRatioOfLatenciesIsAllowed() throws {
    #expect(try report(["yes"], ["yes"], latencies: (125, 100)).passes)
    let slow = try report(["yes"], ["yes"], latencies: (126, 100))
    #expect(slow.flaws == ["the p95 of the latency is 126 ms, more than 1.25 times the 100 ms before"])
  }

  @Test func aLineIsReadBack() throws {
    for report in [try report(["yes"], ["yes"]), try report(["no \u{e9}"], ["yes"])] {
      #expect(EvaluationReport(line: report.line) == report)
    }
    #expect(EvaluationReport(line: "{}") == nil && EvaluationReport(line: "x") == nil)
  }

  @Test func theTableTellsWhatEachCaseLacks() throws {
    var evaluation = Evaluation(try suite(), candidate: 12, baseline: 0, latencyRatio: 2)
    let lacks = evaluation.take(answer("no", 5, version: 12), at: 0, of: .candidate)
    #expect(lacks == [.contains])
    let line = evaluation.lines[0]
    #expect(line.name == "a" && line.candidate.passed == 0 && line.candidate.runs == 1)
    #expect(line.baseline.runs == 0)
    #expect(line.lacks == [.contains] && evaluation.lines[1].lacks.isEmpty)
  }
}
