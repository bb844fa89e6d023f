package import Policy
package import Settings

/// Experiments as people and programs are shown them. Means are in the metric's unit.
package enum ExperimentText {
  package static func json(_ report: ExperimentReport, idle: String? = nil) -> JSON {
    let plan = report.plan
    let arms = plan.arms.indices.map { position -> JSON in
      let arm = plan.arms[position]
      return [
        "name": .string(arm.name), "model": .string(arm.model),
        "version": arm.version.map { JSON.int($0) } ?? .null,
        "percentage": .decimal(Double(arm.share.hundredths) / 100),
        "sessions": .int(Int(report.sessions[position])), "missing": .int(Int(report.missing[position])),
      ]
    }
    return [
      "experiment": .string(plan.name), "model": .string(plan.model), "layer": .string(plan.layer),
      "edition": .string(plan.edition), "goal": .string(plan.goal.name),
      "verdict": .string(report.goal.verdict.word), "balance_probability": .decimal(report.goal.balance),
      "min_sessions": .int(plan.leastSessions), "idle": idle.map { JSON.string($0) } ?? .null,
      "arms": .array(arms), "metrics": .array(report.metrics.map { json($0, plan) }),
    ]
  }

  private static func json(_ metric: ExperimentReport.Metric, _ plan: ExperimentPlan) -> JSON {
    let scale = metric.metric.scale
    let arms = plan.arms.indices.map { position -> JSON in
      let outcomes = metric.outcomes[position]
      return [
        "name": .string(plan.arms[position].name), "sessions": .int(Int(outcomes.count)),
        "mean": .decimal(outcomes.mean * scale),
        "deviation": .decimal(outcomes.variance.squareRoot() * scale),
      ]
    }
    let comparisons = metric.result.comparisons.enumerated().map { index, comparison -> JSON in
      [
        "arm": .string(plan.arms[index + 1].name), "difference": .decimal(comparison.difference * scale),
        "margin": .decimal(comparison.margin * scale), "direction": .string(comparison.direction.rawValue),
      ]
    }
    return [
      "name": .string(metric.metric.name), "unit": .string(metric.metric.unit), "arms": .array(arms),
      "comparisons": .array(comparisons),
    ]
  }

  /// One line each.
  package static func line(_ report: ExperimentReport, idle: String? = nil) -> String {
    let plan = report.plan
    let arms = plan.arms.indices.map {
      "\(plan.arms[$0].name) \(plan.arms[$0].share) %: \(report.sessions[$0]) sessions"
    }
    let state = idle.map { "idle, as \($0)" } ?? report.goal.verdict.word
    return "\(plan.name) (\(plan.model), layer \(plan.layer)): \(state); \(arms.joined(separator: ", "))"
  }

  package static func text(_ report: ExperimentReport, idle: String? = nil) -> String {
    var lines = [line(report, idle: idle), "  " + verdict(report)]
    for metric in report.metrics {
      let name = metric.metric == report.plan.goal ? "\(metric.metric.name) (the goal)" : metric.metric.name
      lines.append("  \(name), \(metric.metric.unit)")
      lines += report.plan.arms.indices.map { "    " + arm($0, metric, report.plan) }
    }
    return lines.joined(separator: "\n")
  }

  private static func arm(
    _ position: Int, _ metric: ExperimentReport.Metric, _ plan: ExperimentPlan
  ) -> String {
    let (outcomes, scale) = (metric.outcomes[position], metric.metric.scale)
    let mean = outcomes.count > 0 ? number(outcomes.mean * scale) : "nothing"
    let words = "\(plan.arms[position].name): \(mean) (\(Int64(outcomes.count)) sessions)"
    guard position > 0 else { return words }
    let comparison = metric.result.comparisons[position - 1]
    guard comparison.margin.isFinite else { return words }
    let (low, high) = (comparison.difference - comparison.margin, comparison.difference + comparison.margin)
    return "\(words), differs by \(number(low * scale)) to \(number(high * scale))"
  }

  private static func verdict(_ report: ExperimentReport) -> String {
    let plan = report.plan
    switch report.goal.verdict {
    case .gathering:
      let missing = plan.arms.indices.filter { report.missing[$0] > 0 }.map {
        "\(report.missing[$0]) of \(plan.arms[$0].name)"
      }
      return "no verdict yet: wants more sessions, \(missing.joined(separator: ", "))"
    case .invalid:
      return "INVALID: the arms have not the shares that they should (p = \(number(report.goal.balance))):"
        + " something loses sessions of one of them"
    case .valid(let directions):
      return directions.enumerated().map { index, direction -> String in
        let arm = plan.arms[index + 1].name
        return direction == .undecided
          ? "\(arm) is not shown to differ from \(plan.arms[0].name)"
          : "\(arm) is \(direction.rawValue) than \(plan.arms[0].name)"
      }.joined(separator: "; ")
    }
  }

  /// Four decimals at the most.
  private static func number(_ value: Double) -> String { JSON.decimal(value).text }
}
