import Coordination
import Policy

/// Which arm of an experiment a request would be in.
extension Explainer {
  /// Of who stays in no arm a request's arm is chance; it is explained as one that takes no part.
  func part(
    _ asked: Int, _ pin: VersionPin?, _ facts: RequestFacts, within permitted: DeploymentSet?
  ) -> ExperimentTable.Part? {
    guard pin == nil, let table = snapshot.experiments, isSticky(facts) else { return nil }
    let unit = unit(facts)
    guard let part = table.part(asked, principal, hash: { unit.hash($0) }) else { return nil }
    return snapshot.mayServe(part, of: table, within: permitted) ? part : nil
  }

  func experiment(_ request: Request) -> Explanation.Experiment? {
    guard request.steering == nil, request.ensemble?.isAsked != true, let table = snapshot.experiments else {
      return nil
    }
    if let part = request.part {
      let plan = table.entries[part.entry].plan
      let arm = plan.arms[part.arm]
      return Explanation.Experiment(
        name: plan.name, arm: arm.name,
        why: "\(arm.share) % of the sessions of layer '\(plan.layer)' are in it, and this one is among them")
    }
    guard !isSticky(request.facts), let plan = table.plans(of: request.asked).first else { return nil }
    return Explanation.Experiment(
      name: plan.name, arm: nil,
      why: "by chance, as the request names no session and its key no user: what follows is without it")
  }

  private func isSticky(_ facts: RequestFacts) -> Bool { unit(facts).isSticky }
}
