import Dialects
import Policy
import Settings
import Telemetry

/// Plays routed requests by one configuration, one after another: chooses deployments as an idle replica does, asks limits, and adds up.
struct ReplaySide {
  /// Where a request goes, and what it costs.
  typealias Played = (route: ReplayedRoute, microdollars: Int64)

  private let snapshot: Snapshot
  private let paces: [String: ReplayPace]
  private let views: [PoolView]
  private let routes: [[ReplayedRoute]]
  private var limits = ReplayLimits()
  /// When the request comes, in milliseconds since 1970: now, where its line doesn't say.
  private var now: Int64
  private let began = SystemClock.wallMilliseconds()
  private var models: [ReplayTally]
  private var deployments: [ReplayTally]
  private var rules: [Int]
  private var refused: [String: Int] = [:]
  /// By path: deployments' limits have one name.
  private var met: [String: ReplayedLimit] = [:]

  /// `paces`: by deployment.
  init(_ snapshot: Snapshot, _ paces: [String: ReplayPace]) {
    (self.snapshot, self.paces, now) = (snapshot, paces, began)
    views = snapshot.pools.map(PoolView.init)
    routes = snapshot.settings.models.map { model in
      snapshot.deployments.map { ReplayedRoute(model: model.name, place: $0.name) }
    }
    models = [ReplayTally](repeating: ReplayTally(), count: snapshot.settings.models.count)
    deployments = [ReplayTally](repeating: ReplayTally(), count: snapshot.deployments.count)
    rules = [Int](repeating: 0, count: (snapshot.rules?.rules.count ?? 0) + 1)
  }

  /// Where the request of a line goes, and what it costs. `number`: the line's, from which all that is left to chance follows, so that two
  /// configurations that say the same choose the same.
  mutating func play(_ line: RoutedLine, number: Int, decision: RoutedLine.Decision) -> Played {
    switch decision {
    case .refused(let code): return refuse(code)
    case .way(let way):
      rules[way.rule ?? rules.count - 1] += 1
      if let code = way.refusal { return refuse(code) }
      return play(line, way, Chance(seed: UInt64(number) &* 0x9E37_79B9_7F4A_7C15))
    }
  }

  private mutating func refuse(_ code: String) -> Played {
    refused[code, default: 0] += 1
    return (ReplayedRoute(model: nil, place: code), 0)
  }

  // MARK: One request

  private mutating func play(_ line: RoutedLine, _ way: RoutedLine.Way, _ chance: Chance) -> Played {
    var random = chance
    now = line.at ?? began
    let estimate = (input: Self.estimator.input(way.facts), output: Self.estimator.output(way.facts))
    let choose: AttemptPlan.Choose = { [views, now] model, spent, random in
      Self.choose(views[model], way, spent, estimate, at: now, &random)
    }
    var plan = AttemptPlan(
      stages: snapshot.stages(for: way.position, rule: way.rule, way.principal),
      limit: snapshot.table.models[way.position].attempts, permitted: way.permitted)
    var next = plan.first(random: &random, choose: choose)
    guard line.at != nil else {
      guard case .attempt(let step) = next else { return refuse(Self.nowhere) }
      return serve(line, way, step)
    }
    let own = way.principal.limits.group(model: way.model)
    var isAdmitted = false
    var full: Limit?
    while case .attempt(let step) = next {
      let demand = self.demand(
        Usage(input: Int(estimate.input), output: Int(estimate.output)), step.candidate.deployment)
      if !isAdmitted, let own, let limit = limits.admit(own, demand) { return refuse(by: limit, isOwn: true) }
      isAdmitted = true
      let groups = self.groups(of: step)
      guard let limit = admit(groups, demand) else {
        let actual = self.demand(usage(line, way), step.candidate.deployment)
        for group in groups + (own.map { [$0] } ?? []) { limits.settle(group, actual) }
        return serve(line, way, step)
      }
      meet(limit, isRefused: false)
      full = limit
      let isWhole = !snapshot.isOfCredential(limit, at: step.endpoint)
      next = plan.skip(deployment: isWhole, random: &random, choose: choose)
    }
    if isAdmitted, let own { limits.settle(own, .nothing) }
    guard let full else { return refuse(Self.nowhere) }
    return refuse(by: full, isOwn: false)
  }

  /// What a replica knows nothing of yet: it begins with this.
  private static let estimator = TokenEstimator()
  /// No endpoint is left, or none is known before a replica looks names up.
  private static let nowhere = "no_endpoint"

  private static func choose(
    _ view: PoolView, _ way: RoutedLine.Way, _ spent: AttemptPlan.Spent,
    _ estimate: (input: Int64, output: Int64), at now: Int64, _ random: inout Chance
  ) -> AttemptPlan.Place? {
    var ask = PoolView.Ask(spent: spent)
    ask.key = view.pool.affinityKey(way.head, way.facts, tenant: way.principal.tenant)
    ask.tokens = estimate
    ask.now = now
    return view.choose(ask, random: &random)
  }

  private mutating func serve(_ line: RoutedLine, _ way: RoutedLine.Way, _ step: AttemptPlan.Step) -> Played {
    let (model, deployment) = (snapshot.table.route(of: step.candidate.model), step.candidate.deployment)
    let used = usage(line, way)
    let price = snapshot.price(of: deployment, at: now)
    var tally = ReplayTally()
    (tally.requests, tally.inputTokens, tally.outputTokens) = (1, Int64(used.input), Int64(used.output))
    tally.microdollars = price?.cost(of: used) ?? 0
    tally.unpriced = price == nil ? 1 : 0
    tally.estimated = line.use.input == nil || line.use.output == nil && used.output > 0 ? 1 : 0
    if let time = self.time(line, deployment, used.output) { (tally.timed, tally.milliseconds) = (1, time) }
    models[model].add(tally)
    deployments[deployment].add(tally)
    return (routes[model][deployment], tally.microdollars)
  }

  /// What the line tells, or else what limits go by.
  private func usage(_ line: RoutedLine, _ way: RoutedLine.Way) -> Usage {
    Usage(
      input: line.use.input ?? Int(Self.estimator.input(way.facts)),
      output: line.use.output ?? Int(Self.estimator.output(way.facts)),
      cached: line.use.cached, reasoning: line.use.reasoning)
  }

  /// What is known of a deployment's pace, or how long the same one took.
  private func time(_ line: RoutedLine, _ deployment: Int, _ output: Int) -> Double? {
    let name = snapshot.deployments[deployment].name
    if let pace = paces[name] { return pace.first + pace.perToken * Double(max(0, output - 1)) }
    return line.deployment == name ? line.took : nil
  }

  // MARK: Limits

  /// False where the line's time lies before an earlier line's.
  mutating func advance(to time: Int64) -> Bool { limits.advance(to: time) }

  private func demand(_ usage: Usage, _ deployment: Int) -> Demand {
    Demand(
      inputTokens: Int64(usage.input), outputTokens: Int64(usage.output),
      microdollars: snapshot.price(of: deployment, at: now)?.cost(of: usage) ?? 0)
  }

  private func groups(of step: AttemptPlan.Step) -> [LimitGroup] {
    guard snapshot.limitsAttempts else { return [] }
    return [
      snapshot.limitTable.models[snapshot.table.route(of: step.candidate.model)],
      snapshot.limitTable.deployments[step.candidate.deployment],
      snapshot.credentials[step.endpoint],
    ].compactMap { $0 }
  }

  /// All of them or none; the limit that has no room.
  private mutating func admit(_ groups: [LimitGroup], _ demand: Demand) -> Limit? {
    for (place, group) in groups.enumerated() {
      guard let limit = limits.admit(group, demand) else { continue }
      for taken in groups[..<place] { limits.settle(taken, .nothing) }
      return limit
    }
    return nil
  }

  /// An attempt's limit was counted when the attempt met it.
  private mutating func refuse(by limit: Limit, isOwn: Bool) -> Played {
    guard isOwn else {
      met[limit.path]?.refused += 1
      return refuse("capacity_exceeded")
    }
    meet(limit, isRefused: true)
    let isBudget = if case .budget = limit.shape { true } else { false }
    return refuse(isBudget ? "budget_exceeded" : "rate_limit_exceeded")
  }

  private mutating func meet(_ limit: Limit, isRefused: Bool) {
    met[limit.path, default: ReplayedLimit(path: limit.path, name: limit.name)].hits += 1
    if isRefused { met[limit.path]?.refused += 1 }
  }

  // MARK: All of it

  var outcome: ReplayOutcome {
    var outcome = ReplayOutcome()
    for tally in models { outcome.total.add(tally) }
    outcome.models = zip(snapshot.settings.models, models).map { (name: $0.name, tally: $1) }
      .filter { $0.tally.requests > 0 }
    outcome.deployments = zip(snapshot.deployments, deployments).map { (name: $0.name, tally: $1) }
      .filter { $0.tally.requests > 0 }
    if let table = snapshot.rules {
      outcome.rules = zip(table.rules.map(\.label) + ["none"], rules).map { (name: $0, requests: $1) }
    }
    outcome.refused = refused.map { (code: $0.key, requests: $0.value) }
      .sorted { ($1.requests, $0.code) < ($0.requests, $1.code) }
    outcome.limits = met.values.sorted { ($1.refused, $1.hits, $0.path) < ($0.refused, $0.hits, $1.path) }
    return outcome
  }
}
