import Policy
import Settings

/// What training from feedback came to, as it is printed.
struct FeedbackTable {
  let report: FeedbackReport
  let examples: [LearningExample]
  let seed: UInt64
  /// Where the model was written; nil where it was not.
  let out: String?

  private func count(by source: AuditSource) -> Int { examples.count { $0.source == source } }

  var text: String {
    let sources = AuditSource.allCases.map { "\(count(by: $0)) by \($0.rawValue)" }.joined(separator: ", ")
    let rows = report.rows.map { row -> [String] in
      let figures = [row.figures.accuracy, row.figures.logLoss, row.figures.calibrationError]
      return [row.name] + figures.map { $0.map { TrainTable.number($0) } ?? "-" }
    }
    let lines =
      ["\(examples.count) labelled prompts (\(sources)), \(report.held) of them held out, seed \(seed)", ""]
      + FigureTable.lines([["", "accuracy", "log loss", "calibration error"]] + rows)
      + ["", "\(report.gained) families better than by the one in force, \(report.lost) worse"]
    return (lines + (out.map { ["\($0): \(report.model.bytes.count) bytes"] } ?? [])).joined(separator: "\n")
  }

  var json: JSON {
    let methods = report.rows.map { row -> JSON in
      [
        "name": .string(row.name), "accuracy": .decimal(row.figures.accuracy),
        "log_loss": row.figures.logLoss.map { JSON.decimal($0) } ?? .null,
        "calibration_error": row.figures.calibrationError.map { JSON.decimal($0) } ?? .null,
      ]
    }
    return [
      "prompts": .int(examples.count), "held": .int(report.held), "seed": .string("\(seed)"),
      "judge": .int(count(by: .judge)), "feedback": .int(count(by: .feedback)),
      "methods": .array(methods), "gained": .int(report.gained), "lost": .int(report.lost),
      "flaws": .array(report.flaws.map { .string($0) }), "written": out.map { JSON.string($0) } ?? .null,
    ]
  }
}
