package import Policy
package import Settings

/// What an evaluation came to, as it is shown.
extension RolloutText {
  package static func json(_ report: EvaluationReport?) -> JSON {
    guard let report, let value = try? JSONLiteral(text: report.line) else { return .null }
    return .literal(value)
  }

  /// `passed: 60 of 60 runs and a p95 of 812 ms, 58 of 60 and 790 ms with version 11, by ann@laptop at 2026-11-23T04:10:42Z`
  static func words(_ report: EvaluationReport) -> String {
    let (new, old) = (report.candidateScore, report.baselineScore)
    let baseline = report.baseline == 0 ? "the model's own deployments" : "version \(report.baseline)"
    let flaw = report.flaws.first.map { " (\($0))" } ?? ""
    return "\(report.passes ? "passed" : "FAILED")\(flaw): \(new.passed) of \(new.runs) runs and a p95 of "
      + "\(new.latency95) ms, \(old.passed) of \(old.runs) and \(old.latency95) ms with \(baseline), "
      + "by \(report.by) at \(KeyInstant(milliseconds: report.at))"
  }
}
