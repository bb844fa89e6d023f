import Dialects
import Policy
import Settings
import Telemetry

/// What the rules, the caller and its ceiling leave of a request's ways.
struct Ruling {
  var model: Int
  /// The version that the request asks for.
  var pin: VersionPin?
  /// Deployments that may serve; nil: all.
  var permitted: DeploymentSet?
  /// Nil where no budget has changed the model, or the order of its deployments.
  var steering: Steering?
  /// What the client is told where none of them is left.
  var refusal: ExchangeError?
}

extension Worker {
  /// Asks the rules, and does what the first one that matches says. Changes the facts to those of the request that will be sent.
  func rule(
    on request: inout PeekedRequest, _ principal: Principal, _ exchange: Exchange
  ) throws(ExchangeError) -> Ruling {
    let snapshot = exchange.snapshot
    if let rules = snapshot.rules, let rule = decide(by: rules, request.facts, principal, exchange) {
      exchange.rule = rule
      shard.increment(series.rule(rule, in: rules))
      if let edits = rules.rules[rule].edits {
        request.facts = edits.facts(of: request)
        exchange.facts = request.facts
      }
    }
    var ruling = try snapshot.ruling(
      exchange.rule, request.facts, exchange.head, principal, within: exchange.permitted, estimators,
      at: exchange.beganAt)
    exchange.permitted = ruling.permitted
    if let refusal = ruling.refusal { throw refusal }
    steer(&ruling, request.facts, principal, exchange)
    return ruling
  }

  /// The position of the first rule that holds.
  private func decide(
    by rules: RuleTable, _ facts: RequestFacts, _ principal: Principal, _ exchange: Exchange
  ) -> Int? {
    let snapshot = exchange.snapshot
    let model = rules.asksTokens || rules.asksLoad ? snapshot.likelyModel(facts) : nil
    let input = RuleInput(
      request: facts, head: exchange.head, principal: principal, classes: exchange.dataClasses,
      inputTokens: rules.asksTokens ? snapshot.inputTokens(facts, of: model, estimators) : nil,
      load: rules.asksLoad ? model.flatMap { snapshot.load(ofModel: $0) } : nil,
      now: SystemClock.wallMilliseconds(), hasRejected: exchange.hasRejected)
    return ruleRoom.first(of: rules, epoch: snapshot.epoch, input)
  }
}

/// Room for what rules ask of requests, one after another. Confined to a worker's loop.
struct RuleRoom {
  private var epoch = 0
  /// Of the request that was asked about last.
  private(set) var facts = RuleFacts(asking: [])

  /// The position of the first rule that holds. `epoch`: of the configuration that the rules are of.
  mutating func first(of table: RuleTable, epoch: Int, _ input: RuleInput) -> Int? {
    if epoch != self.epoch { (self.epoch, facts) = (epoch, table.blankFacts) }
    input.fill(&facts, for: table)
    return table.matcher.first(for: facts)
  }
}

extension Snapshot {
  /// The model that serves a request, and the deployments that may. `permitted`: those that may without the rules; nil: all. `now`: whose
  /// prices count, in milliseconds since 1970.
  ///
  /// A rule's model is that of who may use it: for others the model that they ask for stays, with all else that the rule says. A request
  /// for a version keeps its model.
  func ruling(
    _ rule: Int?, _ facts: RequestFacts, _ head: RequestHead, _ principal: Principal,
    within permitted: DeploymentSet?, _ estimators: [String: TokenEstimator], at now: Int64
  ) throws(ExchangeError) -> Ruling {
    let ceiling = try head.maxCost()
    let found = rule.flatMap { rules?.rules[$0] }
    let model = found.flatMap { leader(of: $0, principal, within: permitted) }
    var ruling: Ruling
    if let model, facts.model == nil, head.count(.xSwitchyardVersion) == 0 {
      ruling = Ruling(model: model, pin: nil, permitted: permitted)
    } else {
      let (asked, pin) = try self.asked(facts, head, principal)
      ruling = Ruling(model: pin == nil ? model ?? asked : asked, pin: pin, permitted: permitted)
    }
    ruling.permitted.narrow(to: found?.permitted)
    if !hasDeployment(for: ruling.model, rule: rule, principal, within: ruling.permitted) {
      ruling.refusal = .ruledOut
    }
    guard let ceiling, ruling.refusal == nil else { return ruling }
    let estimator = estimators[models[ruling.model].name] ?? TokenEstimator()
    ruling.permitted.narrow(
      to: affordable(for: ceiling, input: estimator.input(facts), output: estimator.output(facts), at: now))
    if !hasDeployment(for: ruling.model, rule: rule, principal, within: ruling.permitted) {
      ruling.refusal = .tooDear
    }
    return ruling
  }

  /// The model that a rule says, or the first of its ensemble that may serve; nil where it says none that the caller may use.
  private func leader(
    of rule: RuleTable.Rule, _ principal: Principal, within permitted: DeploymentSet?
  ) -> Int? {
    guard let ensemble = rule.ensemble else { return rule.model.flatMap { principal.allows($0) ? $0 : nil } }
    var permitted = permitted
    permitted.narrow(to: rule.permitted)
    let able = ensemble.models.filter { principal.allows($0) }
    return able.first { mayServe(serving($0), within: permitted) } ?? able.first
  }
}
