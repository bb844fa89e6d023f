import Gateway
import Policy
import Settings

/// What an evaluation came to, as it is printed.
struct EvaluationTable {
  let model: String
  let version: Int
  let evaluation: Evaluation
  let report: EvaluationReport

  private var baseline: String { report.baseline == 0 ? "baseline" : "version \(report.baseline)" }

  var text: String {
    var rows: [[String]] = [["case", "version \(version)", baseline, ""]]
    for line in evaluation.lines {
      rows.append([
        line.name, "\(line.candidate.passed)/\(line.candidate.runs)",
        "\(line.baseline.passed)/\(line.baseline.runs)",
        line.lacks.map(\.rawValue).joined(separator: ", "),
      ])
    }
    let (new, old) = (report.candidateScore, report.baselineScore)
    rows.append(["p95", "\(new.latency95) ms", "\(old.latency95) ms", ""])
    let flaws = report.flaws.map { "  \($0)" }
    return (Self.lines(rows) + [verdict] + flaws).joined(separator: "\n")
  }

  private var verdict: String {
    "Version \(version) of \(model) " + (report.passes ? "passes." : "does not pass:")
  }

  private static func lines(_ rows: [[String]]) -> [String] {
    let widths = rows[0].indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
    return rows.map { row in
      let cells = zip(row, widths).map { $0 + String(repeating: " ", count: $1 - $0.count) }
      return String(cells.joined(separator: "  ").trimmingSuffix(while: { $0 == " " }))
    }
  }

  var json: JSON {
    let cases = evaluation.lines.map { line -> JSON in
      [
        "name": .string(line.name), "passed": .int(line.candidate.passed), "runs": .int(line.candidate.runs),
        "passed_before": .int(line.baseline.passed), "runs_before": .int(line.baseline.runs),
        "lacks": .array(line.lacks.map { .string($0.rawValue) }),
      ]
    }
    return [
      "model": .string(model), "version": .int(version), "report": RolloutText.json(report),
      "cases": .array(cases),
    ]
  }
}

extension String {
  /// Without what fits at its end.
  fileprivate func trimmingSuffix(while fits: (Character) -> Bool) -> Substring {
    var rest = self[...]
    while let last = rest.last, fits(last) { rest.removeLast() }
    return rest
  }
}
