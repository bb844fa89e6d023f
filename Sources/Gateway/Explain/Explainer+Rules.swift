import Dialects
import Policy
import Settings
import Telemetry

/// What came of each rule, of one request: known even where that is refused. Confined to where its explainer is.
final class RuleTrace {
  /// Nobody reads it: rules are found as the data port finds the first, and nothing is set down.
  let isSilent: Bool
  fileprivate var room = RuleRoom()
  var rules: [Explanation.Rule] = []
  var facts: [Explanation.Fact] = []
  /// Why a deployment may not serve, by its position.
  fileprivate var reasons: [Int: String] = [:]

  init(isSilent: Bool = false) { self.isSilent = isSilent }

  func why(_ deployment: Int) -> String { reasons[deployment] ?? "it may not see this request's data" }

  func leftOut(in snapshot: Snapshot) -> [Explanation.LeftOut] {
    reasons.sorted { $0.key < $1.key }.map {
      .init(deployment: snapshot.deployments[$0.key].name, why: $0.value)
    }
  }
}

/// Which rule matches, and why the others don't: each is evaluated by itself, not as the data port finds the first, where somebody wants
/// to know.
extension Explainer {
  /// The position of the rule that matches, and what it leaves. Changes the facts as the data port does. `permitted`: the deployments
  /// that may serve by the request's `classes` of data; nil: all.
  func rule(
    on request: inout PeekedRequest, within permitted: DeploymentSet?, _ classes: DataClassSet
  ) throws(ExchangeError) -> (rule: Int?, ruling: Ruling) {
    let rule = snapshot.rules.flatMap { table in
      trace.isSilent
        ? trace.room.first(of: table, epoch: snapshot.epoch, input(request.facts, classes))
        : traced(table, request.facts, classes)
    }
    if let edits = rule.flatMap({ snapshot.rules?.rules[$0].edits }) {
      request.facts = edits.facts(of: request)
    }
    noteDialects(request.facts.surface)
    noteFilter(of: rule)
    let estimators = live?.estimators ?? [:]
    var ruling = try snapshot.ruling(
      rule, request.facts, head, principal, within: permitted, estimators, at: wall)
    noteCosts(ruling.permitted, beside: permitted)
    if ruling.refusal == nil, let group = principal.limits.group(model: ruling.model),
      let limit = live?.steering(group),
      let steering = snapshot.steering(
        of: ruling, by: limit, rule, request.facts, principal, estimators, at: wall)
    {
      ruling.follow(steering)
    }
    return (rule, ruling)
  }

  private func traced(_ table: RuleTable, _ request: RequestFacts, _ classes: DataClassSet) -> Int? {
    var facts = table.blankFacts
    input(request, classes).fill(&facts, for: table)
    let conditions = table.matcher.conditions
    trace.facts = facts.told(conditions).map { .init(name: $0.name, value: $0.value) }
    trace.facts += complexity(by: table, request)
    var first: Int?
    for (index, condition) in conditions.enumerated() {
      let rule = table.rules[index]
      guard let why = condition.failure(for: facts) else {
        let standing: Explanation.Rule.Standing = first == nil ? .matches : .later
        let words = first == nil ? "\(condition.text): \(does(rule))" : "it holds, after the one that matches"
        trace.rules.append(.init(label: rule.label, standing: standing, why: words))
        first = first ?? index
        continue
      }
      trace.rules.append(.init(label: rule.label, standing: .no, why: why))
    }
    return first
  }

  /// What said how hard the request is; of the heuristic, what that is made of.
  private func complexity(by table: RuleTable, _ request: RequestFacts) -> [Explanation.Fact] {
    if let model = table.complexityModel {
      let path = snapshot.settings.routing.complexity.classifier?.path
      let words = "learned, \(path ?? "the model that comes with the router"); it \(model.worth.text)"
      return [.init(name: "complexity.method", value: words)]
    }
    let strengths = zip(ComplexitySignal.allCases, request.prompt?.signals ?? []).filter { $0.1 > 0 }
    let signals = strengths.map { signal, strength in
      Explanation.Fact(name: "signal.\(signal)", value: RuleFacts.words(Int64(strength * 1_000_000)))
    }
    let method = Explanation.Fact(name: "complexity.method", value: "heuristic")
    return table.asksComplexity ? [method] + signals : signals
  }

  private func input(_ request: RequestFacts, _ classes: DataClassSet) -> RuleInput {
    let model = snapshot.likelyModel(request)
    return RuleInput(
      request: request, head: head, principal: principal, classes: classes,
      inputTokens: snapshot.inputTokens(request, of: model, live?.estimators ?? [:]),
      load: live == nil ? nil : model.flatMap { snapshot.load(ofModel: $0) },
      now: time ?? SystemClock.wallMilliseconds())
  }

  private func does(_ rule: RuleTable.Rule) -> String {
    var words: [String] = []
    if let model = rule.model {
      let name = snapshot.models[model].name
      words.append(principal.allows(model) ? "model \(name)" : "not model \(name), which the key may not use")
    }
    if let ensemble = rule.ensemble { words.append("ensemble \(ensemble.name)") }
    if rule.permitted != nil { words.append("some deployments only") }
    if rule.edits != nil { words.append("parameters of its own") }
    if let priority = rule.priority { words.append("class \(priority.rawValue) at most") }
    if let fallbacks = rule.fallbacks {
      let names = fallbacks.map { snapshot.models[snapshot.table.route(of: $0)].name }
      words.append(names.isEmpty ? "no fallbacks" : "fallbacks \(names.joined(separator: ", "))")
    }
    return words.isEmpty ? "all deployments pass" : words.joined(separator: ", ")
  }

  /// What can't be sent such a request at all.
  private func noteDialects(_ surface: Surface) {
    guard !trace.isSilent, let takers = snapshot.takers(of: surface) else { return }
    for position in snapshot.deployments.indices where !takers.contains(position) {
      let dialect = snapshot.deployments[position].dialect?.rawValue ?? "no chat dialect"
      trace.reasons[position] =
        "can't be carried: its provider speaks \(dialect), not what \(surface.rawValue) is"
    }
  }

  private func noteFilter(of rule: Int?) {
    guard !trace.isSilent, let rule, let table = snapshot.rules else { return }
    let filter = snapshot.settings.routing.rules[rule].deployments
    for (position, deployment) in snapshot.settings.deployments.enumerated() {
      guard let flaw = filter?.flaw(of: deployment) else { continue }
      trace.reasons[position] = "by \(table.rules[rule].label), it \(flaw)"
    }
  }

  /// What was left, `before`, and no rule has left out, is out by its price. `permitted`: those that aren't; nil: all.
  private func noteCosts(_ permitted: DeploymentSet?, beside before: DeploymentSet?) {
    guard !trace.isSilent, head.count(.xMaxCostUSD) > 0 else { return }
    for position in snapshot.deployments.indices where trace.reasons[position] == nil {
      guard before?.contains(position) ?? true, permitted?.contains(position) == false else { continue }
      trace.reasons[position] =
        snapshot.price(of: position, at: wall) == nil
        ? "its cost isn't known, and x-max-cost-usd is sent" : "it would cost more than x-max-cost-usd"
    }
  }

  func steered(_ steering: Steering) -> Explanation.Steered {
    Explanation.Steered(
      limit: steering.limit, from: snapshot.models[steering.from].name, to: snapshot.models[steering.to].name)
  }
}
