import Dialects
import Policy
import Settings

/// Which deployments may serve an exchange, at whichever attempt: what no rule, class of data or ceiling leaves is out for the first
/// attempt, retries, fallbacks, hedges, copies, judges, arms and the cache alike.
extension DeploymentSet? {
  /// Those that both permit; nil permits all.
  mutating func narrow(to other: DeploymentSet?) {
    guard let other else { return }
    if self == nil { self = other } else { self?.formIntersection(other) }
  }
}

extension Snapshot {
  /// Whether some deployment of a model, or of a version, is among those permitted.
  func mayServe(_ position: Int, within permitted: DeploymentSet?) -> Bool {
    guard let permitted else { return true }
    return table.models[position].deployments.contains { permitted.contains($0.position) }
  }

  /// The same for all arms of an experiment: where one can't serve a request, that takes no part.
  func mayServe(_ part: ExperimentTable.Part, of table: ExperimentTable, within permitted: DeploymentSet?)
    -> Bool
  {
    permitted == nil
      || table.entries[part.entry].targets.allSatisfy { target in
        mayServe(target.version ?? versions?.serving(target.model) ?? target.model, within: permitted)
      }
  }

  /// A model or a version, then its fallbacks, or those of a rule. Behind where a budget has steered to comes what would have served without.
  func stages(
    for position: Int, rule: Int?, _ principal: Principal, _ steering: Steering? = nil
  ) -> [RoutingTable.Stage] {
    let ruled = rule.flatMap { rules?.rules[$0].fallbacks }
    let next = steering.map { self.fallbacks(behind: $0, ruled) } ?? ruled
    return table.stages(for: position, fallbacks: next, allows: principal.allows)
  }

  /// Whether some deployment is permitted of a model or a version, or of what follows it.
  func hasDeployment(
    for position: Int, rule: Int?, _ principal: Principal, within permitted: DeploymentSet?
  ) -> Bool {
    mayServe(position, within: permitted)
      || stages(for: position, rule: rule, principal).contains { mayServe($0.model, within: permitted) }
  }

  /// Those that cost so many micro-dollars at the most, for so many tokens; nil where that is all. One without a price costs nobody knows what.
  func affordable(for ceiling: Int64, input: Int64, output: Int64, at now: Int64) -> DeploymentSet? {
    let set = DeploymentSet(count: deployments.count) { position in
      price(of: position, at: now).map { $0.cost(input: input, output: output) <= ceiling } ?? false
    }
    return set == .all(deployments.count) ? nil : set
  }

  /// An arm as far as the permitted deployments leave it. Where they leave out one of the two that are compared, the request is the
  /// baseline's, and says nothing of either.
  func arm(_ arm: Arm?, ofModel model: Int, within permitted: DeploymentSet?) -> Arm? {
    guard permitted != nil, let arm, arm.kind == .baseline || arm.kind == .canary, let versions,
      let candidate = versions.models[model]?.candidate
    else { return arm }
    let baseline = versions.serving(model)
    let isWhole = [candidate.position, baseline].allSatisfy { mayServe($0, within: permitted) }
    return isWhole ? arm : Arm(kind: .baseline, position: baseline)
  }

  /// The same error, in other words where no provider of the model can be sent what was sent here.
  func naming(_ error: ExchangeError, _ facts: RequestFacts?) -> ExchangeError {
    guard error.code == ExchangeError.ruledOut.code, let facts, facts.surface != .countTokens,
      let takers = takers(of: facts.surface),
      let model = facts.model.map({ table.positions[$0] }) ?? table.defaultModel,
      !mayServe(serving(model), within: takers)
    else { return error }
    return ExchangeError(PeekError.notSpoken(facts.surface))
  }

  /// What an answer depends on, besides its request and its model: by whom it may have been made, and what a rule changes. Nil where
  /// that is nothing.
  func cacheWords(_ permitted: DeploymentSet?, rule: Int?) -> String? {
    let words = rule.flatMap { rules?.rules[$0].cacheWords }
    guard permitted != nil || words != nil else { return nil }
    let names = permitted.map { set in
      deployments.indices.filter(set.contains).map { deployments[$0].name }
    }
    let only = names.map { "only \($0.joined(separator: " "))" } ?? "any"
    return "\(only)\n\(words ?? "")"
  }
}

extension Exchange {
  /// What the rule that matched does; nil where none did.
  var ruled: RuleTable.Rule? { rule.flatMap { snapshot.rules?.rules[$0] } }

  /// The highest class in which it waits: its key's, or a lower one that a rule says.
  var highestPriority: Priority {
    if let priority { return priority }
    let own = principal?.priority ?? .standard
    return max(own, ruled?.priority ?? own)
  }
}

extension RequestHead {
  /// What `x-max-cost-usd` allows, in micro-dollars; nil where it isn't sent.
  func maxCost() throws(ExchangeError) -> Int64? {
    guard count(.xMaxCostUSD) > 0 else { return nil }
    guard count(.xMaxCostUSD) == 1, let text = string(.xMaxCostUSD), let amount = Self.microdollars(text)
    else { throw .badMaxCost }
    return amount
  }

  /// `0.05`: digits, and up to six more behind a point. Finer amounts are cut: nobody pays more than was said.
  private static func microdollars(_ text: String) -> Int64? {
    let parts = text.split(separator: ".", omittingEmptySubsequences: false)
    let isNumber = parts.allSatisfy { part in
      !part.isEmpty && part.utf8.allSatisfy { 0x30...0x39 ~= $0 }
    }
    guard isNumber, (1...2).contains(parts.count), parts[0].utf8.count <= 9, text.utf8.count <= 32 else {
      return nil
    }
    let decimals = parts.count == 2 ? parts[1].prefix(6) : ""
    return Int64(String(parts[0]) + String(decimals) + String(repeating: "0", count: 6 - decimals.count))
  }
}

extension ExchangeError {
  static let ruledOut = ExchangeError(
    status: 403, type: "permission_error", code: "no_permitted_deployment",
    message:
      "No deployment that this request may go to serves the model. Ask for another model, or ask the operator, who sees"
      + " why with `switchyard explain`.", fault: .policy, shouldRetry: false)

  static let tooDear = ExchangeError(
    status: 400, type: "invalid_request_error", code: "max_cost_exceeded",
    message:
      "No deployment answers this request for as little as x-max-cost-usd allows, as far as can be told before."
      + " Allow more, ask for fewer tokens, or for another model.", fault: .client, shouldRetry: false)

  static let badMaxCost = invalid(
    "The header x-max-cost-usd is not an amount of dollars, such as 0.05. Send one, or leave it out.",
    code: "invalid_max_cost")
}
