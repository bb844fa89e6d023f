import Policy
import Settings

/// What a model's pool needs to choose among its deployments by what answers of each were worth.
struct LearnedPool: Sendable {
  let model: ControlModel
  let terms: ChoiceTerms
  /// Names of deployments, in their order: each one's place is its arm.
  let names: [String]
  /// By arm: the position of the deployment.
  let deployments: [Int]
  /// Of each member of the pool: its deployment's arm.
  let arms: [Int]
  let desk: ChoiceDesk
  /// By arm.
  private let prices: [[Settings.Price]]

  /// `positions`: of the model's deployments, those without an endpoint too, which may be found later; `members`: of its whole pool. What
  /// was learned is kept while it is about the same.
  init?(
    _ model: Settings.Model, _ positions: [Int], _ table: [RoutingTable.Deployment],
    _ members: [ModelPool.Member], former: LearnedPool?, prices: (Int) -> [Settings.Price]
  ) {
    guard let terms = model.learned, let name = ControlModel(model.name),
      (ChoiceTerms.leastArms...ChoiceTerms.mostArms).contains(positions.count)
    else { return nil }
    let deployments = positions.sorted { table[$0].name < table[$1].name }
    let names = deployments.map { table[$0].name }
    (self.model, self.terms, self.deployments, self.names) = (name, terms, deployments, names)
    self.prices = deployments.map(prices)
    arms = members.map { deployments.firstIndex(of: $0.place.deployment) ?? 0 }
    let edition = terms.edition(of: names)
    let known = former.flatMap { $0.desk.edition == edition ? $0.desk : nil }
    known?.noteTerms()
    desk = known ?? ChoiceDesk(edition: edition, arms: deployments.count, terms)
  }

  /// A deployment's part of the dearest one's price for the same tokens, by the prices of a millisecond since 1970; 0 where nobody has any.
  func costShare(of arm: Int, input: Int64, output: Int64, at now: Int64) -> Double {
    // Of a thousand such requests: what one costs may be less than a micro-dollar.
    let costs = prices.map { prices in
      prices.inForce(at: now).map { Double($0.cost(input: input * 1_000, output: output * 1_000)) } ?? 0
    }
    guard let dearest = costs.max(), dearest > 0 else { return 0 }
    return costs[arm] / dearest
  }
}
