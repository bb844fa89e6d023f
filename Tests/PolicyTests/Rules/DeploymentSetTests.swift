import Policy
import Testing

struct DeploymentSetTests {
  @Test(arguments: [0, 1, 63, 64, 65, 128, 200])
  func itHoldsWhatItWasMadeOf(count: Int) {
    let thirds = DeploymentSet(count: count) { $0 % 3 == 0 }
    for position in 0..<count { #expect(thirds.contains(position) == (position % 3 == 0)) }
    #expect(!thirds.contains(count) && !thirds.contains(count + 640))
    #expect(thirds.isEmpty == (count == 0))
    #expect(DeploymentSet(count: count) { _ in true } == .all(count))
  }

  @Test func whatEitherLeavesOutIsOut() {
    var both = DeploymentSet(count: 200) { $0 % 2 == 0 }
    both.formIntersection(DeploymentSet(count: 130) { $0 % 3 == 0 })
    for position in 0..<200 { #expect(both.contains(position) == (position % 6 == 0 && position < 130)) }
    both.formIntersection(DeploymentSet(count: 200) { $0 % 2 == 1 })
    #expect(both.isEmpty)
  }

  /// What is not permitted is chosen for no attempt, whichever it is.
  @Test func attemptsStayAmongThePermitted() {
    let permitted = DeploymentSet(count: 3) { $0 != 1 }
    let stages = [RoutingTable.Stage(model: 0, fallback: 0), RoutingTable.Stage(model: 1, fallback: 1)]
    var plan = AttemptPlan(stages: stages, limit: 20, permitted: permitted)
    var random = Chance(seed: 5)
    var tried: Set<Int> = []
    let failure = Classification(.failure, fault: .provider, retry: .anywhere, .connect)
    // Of model 0 the deployments 0 and 1, of model 1 the deployments 1 and 2.
    let choose: AttemptPlan.Choose = { model, spent, _ in
      [model, model + 1].map { AttemptPlan.Place(deployment: $0, endpoint: $0) }.first { !spent.contains($0) }
    }
    #expect(!AttemptPlan.Spent(permitted: permitted).isEmpty)
    var next = plan.first(random: &random, choose: choose)
    for _ in 0..<10 {
      guard case .attempt(let step) = next else { break }
      tried.insert(step.candidate.deployment)
      if let hedge = plan.hedge(random: &random, choose: choose) { tried.insert(hedge.candidate.deployment) }
      next = plan.next(after: failure, random: &random, choose: choose) { true }
    }
    #expect(tried == [0, 2])
  }
}
