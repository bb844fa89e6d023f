/// What a version has to have passed before it is tried, and before it serves: `rollout.gate`.
package struct RolloutGate: Equatable, Sendable {
  /// The suite that reports have to be of; nil: any.
  package var suite: ContentDigest?

  package init(suite: ContentDigest? = nil) { self.suite = suite }

  /// Why a version may not go on, behind its name; nil: it may. `active` is the version that serves.
  package func flaw(_ report: EvaluationReport?, active: Int?) -> String? {
    guard let report else { return "has not been evaluated" }
    if let suite, report.suite != suite { return "was evaluated by another suite than that of rollout.gate" }
    if report.baseline != active ?? 0 {
      return "was compared with \(Self.name(report.baseline)), and \(Self.name(active ?? 0)) serves now"
    }
    return report.flaws.first.map { "has failed its evaluation (\($0))" }
  }

  private static func name(_ version: Int) -> String {
    version == 0 ? "the model's own deployments" : "version \(version)"
  }
}
