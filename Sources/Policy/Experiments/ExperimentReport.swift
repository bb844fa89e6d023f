/// What is known of an experiment, and what follows from it.
package struct ExperimentReport: Equatable, Sendable {
  package struct Metric: Equatable, Sendable {
    package let metric: ExperimentMetric
    /// Of each arm's sessions, in units of the metric.
    package let outcomes: [Moments]
    /// Of each arm with the first one.
    package let result: ExperimentResult
  }

  package let plan: ExperimentPlan
  /// That were given each arm.
  package let sessions: [Int64]
  /// The goal first.
  package let metrics: [Metric]

  /// `fields` are those of the experiment's sums.
  package init(_ plan: ExperimentPlan, fields: [String: String]) {
    func number(_ name: String) -> Double {
      fields[name].flatMap { Int64($0) }.map { Double(max(0, $0)) } ?? 0
    }
    self.plan = plan
    let sessions = plan.arms.indices.map { Int64(number("\($0).n")) }
    self.sessions = sessions
    var rule = ExperimentRule()
    rule.leastSessions = Double(plan.leastSessions)
    let others = plan.metrics.filter { $0 != plan.goal }
    metrics = ([plan.goal] + others).map { metric -> Metric in
      let outcomes = plan.arms.indices.map { position -> Moments in
        let name = "\(position).\(metric.key)"
        var count = number("\(name).n")
        // Who tells nothing has 0.
        if case .outcome = metric { count = max(count, Double(sessions[position])) }
        return Moments(
          count: count, sum: number("\(name).s"),
          squares: number("\(name).qh") * 1e9 + number("\(name).ql"))
      }
      let arms = plan.arms.indices.map {
        ExperimentArm(share: plan.arms[$0].share, sessions: sessions[$0], outcomes: outcomes[$0])
      }
      return Metric(metric: metric, outcomes: outcomes, result: rule.judge(arms))
    }
  }

  /// What is judged. The other metrics are intervals only: of many looked at, one always seems to differ.
  package var goal: ExperimentResult { metrics[0].result }

  /// Sessions that each arm is short of before there is a verdict.
  package var missing: [Int64] { goal.missing }
}

extension ExperimentVerdict {
  package var word: String {
    switch self {
    case .gathering: "gathering"
    case .invalid: "invalid"
    case .valid(let directions):
      directions.allSatisfy { $0 == .undecided } ? "undecided" : "decided"
    }
  }
}
