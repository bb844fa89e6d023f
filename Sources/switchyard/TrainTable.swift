import Policy
import Settings

/// What training came to, as it is printed.
struct TrainTable {
  let set: TrainingSet
  let folds: Int
  let seed: UInt64
  let report: ClassifierReport
  /// Where the model was written; nil where it was not.
  let out: String?
  let bytes: Int

  private var rows: [ClassifierReport.Row] { [report.learned] + report.baselines }

  var text: String {
    var lines = [
      "\(set.items.count) prompts of \(set.families.count) families, \(folds) folds by family, seed \(seed)",
      "",
      Self.line("", ["accuracy", "log loss", "calibration error"]),
    ]
    for row in rows {
      let figures = [row.figures.accuracy, row.figures.logLoss, row.figures.calibrationError]
      lines.append(Self.line(row.name, figures.map { $0.map(Self.number) ?? "-" }))
    }
    if let out { lines += ["", "\(out): \(bytes) bytes"] }
    return lines.joined(separator: "\n")
  }

  private static func line(_ name: String, _ cells: [String]) -> String {
    let widths = [8, 8, 17]
    let padded = zip(cells, widths).map { String(repeating: " ", count: $1 - $0.count) + $0 }
    return name + String(repeating: " ", count: 17 - name.count) + "  " + padded.joined(separator: "  ")
  }

  /// Three decimals.
  static func number(_ value: Double) -> String {
    let thousandths = Int((value * 1_000).rounded())
    let rest = String(thousandths % 1_000)
    return "\(thousandths / 1_000)." + String(repeating: "0", count: 3 - rest.count) + rest
  }

  var json: JSON {
    let methods = rows.map { row -> JSON in
      [
        "name": .string(row.name), "accuracy": .decimal(row.figures.accuracy),
        "log_loss": row.figures.logLoss.map { JSON.decimal($0) } ?? .null,
        "calibration_error": row.figures.calibrationError.map { JSON.decimal($0) } ?? .null,
      ]
    }
    return [
      "prompts": .int(set.items.count), "families": .int(set.families.count), "folds": .int(folds),
      "seed": .string("\(seed)"), "methods": .array(methods),
      "unbeaten": .array(report.unbeaten.map { .string($0) }),
      "written": out.map { JSON.string($0) } ?? .null,
    ]
  }
}
