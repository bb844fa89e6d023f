package import Policy

extension Settings {
  /// The experiments, each with its place among the sessions of its layer: in the order of the document.
  package var experimentPlans: [ExperimentPlan] {
    var taken: [String: Int] = [:]
    return routing.experiments.map { experiment in
      let layer = experiment.layer ?? experiment.name
      let arms = experiment.allArms.compactMap { arm in
        Weight(hundredths: arm.share).map {
          ExperimentPlan.Arm(name: arm.label, model: arm.model, version: arm.version, share: $0)
        }
      }
      let plan = ExperimentPlan(
        name: experiment.name, model: experiment.asked, layer: layer, offset: taken[layer] ?? 0, arms: arms,
        goal: ExperimentMetric(goal: experiment.goal), outcomes: experiment.outcomes,
        leastSessions: experiment.minSessions)
      taken[layer, default: 0] += arms.reduce(0) { $0 + $1.share.hundredths }
      return plan
    }
  }
}
