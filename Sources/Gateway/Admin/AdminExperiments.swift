import Coordination
import NIOHTTP1
import Policy
import Settings

/// The admin port's `/api/experiments`: what is compared, and what is known of it. JSON; with `Accept: text/plain` lines for people.
///
///     GET /api/experiments
///     GET /api/experiments/NAME
struct AdminExperiments: Sendable {
  let reader: ExperimentReader
  let settings: Settings
  /// Why nobody takes part here, by name.
  let idle: [String: String]

  /// `path` has the parts behind `/api`.
  func answer(_ head: HTTPRequestHead, _ path: [String]) async -> AdminAnswer {
    guard head.method == .GET else { return .error(.methodNotAllowed, "GET only") }
    let plans = settings.experimentPlans
    do throws(ExperimentReader.Failure) {
      switch path.count {
      case 1: return try await list(plans, head)
      case 2:
        guard let plan = plans.first(where: { $0.name == path[1] }) else {
          return .error(.notFound, "there is no experiment '\(path[1].prefix(40))'")
        }
        return try await show(plan, head)
      default: return .error(.notFound, "there are GET /api/experiments and /api/experiments/NAME")
      }
    } catch {
      return .error(.serviceUnavailable, "\(error)")
    }
  }

  private func list(_ plans: [ExperimentPlan], _ head: HTTPRequestHead)
    async throws(ExperimentReader.Failure) -> AdminAnswer
  {
    var reports: [ExperimentReport] = []
    for plan in plans { reports.append(try await reader.report(on: plan)) }
    guard !head.wantsText else {
      let lines = reports.map { ExperimentText.line($0, idle: idle[$0.plan.name]) + "\n" }
      return AdminAnswer(status: .ok, text: lines.joined())
    }
    let shown = reports.map { ExperimentText.json($0, idle: idle[$0.plan.name]) }
    return .json(.ok, ["experiments": .array(shown)])
  }

  private func show(_ plan: ExperimentPlan, _ head: HTTPRequestHead)
    async throws(ExperimentReader.Failure) -> AdminAnswer
  {
    let report = try await reader.report(on: plan)
    guard !head.wantsText else {
      return AdminAnswer(status: .ok, text: ExperimentText.text(report, idle: idle[plan.name]) + "\n")
    }
    return .json(.ok, ExperimentText.json(report, idle: idle[plan.name]))
  }
}
