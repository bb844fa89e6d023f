import Coordination
import Dialects
import Policy
import Settings

/// The way of a request through its candidates as the pipeline goes it: `AttemptPlan` with the endpoints that are chosen most often, past
/// those whose limits have no room.
struct ExplainedWalk {
  let explainer: Explainer
  let request: Explainer.Request
  let limits: LimitOutlook
  private(set) var verdict = Explanation.Verdict.unknown("")
  private(set) var demand: Demand
  private(set) var own: LimitOutlook.Answer?
  /// Of the first attempt: by its price the cost is estimated.
  private(set) var firstDeployment: Int?
  private(set) var winner: AttemptPlan.Step?
  /// By model: how the choice fell that came to something, or the only one.
  private var surveys: [Int: PoolSurvey] = [:]
  /// Deployments and endpoints whose limits have no room, and why.
  private var skipped: [(place: AttemptPlan.Place, isWhole: Bool, refusal: Refusal)] = []

  /// Endpoints that would answer too late.
  private var late: [(place: AttemptPlan.Place, short: ShortTime)] = []

  private var snapshot: Snapshot { explainer.snapshot }

  init(_ explainer: Explainer, _ request: Explainer.Request, _ limits: LimitOutlook, stored: Bool?) {
    (self.explainer, self.request, self.limits) = (explainer, request, limits)
    demand = explainer.demand(request, at: nil)
    verdict = walk(stored)
  }

  private mutating func walk(_ stored: Bool?) -> Explanation.Verdict {
    let principal = explainer.principal
    let group = principal.limits.group(model: request.charged)
    var seen: [Int: PoolSurvey] = [:]
    defer { surveys = seen }
    let choose: AttemptPlan.Choose = { [explainer, request] model, spent, _ in
      let survey = explainer.survey(ofModel: model, spent, request)
      if survey.best != nil || seen[model] == nil { seen[model] = survey }
      return survey.best?.member.place
    }
    var random = Chance(seed: 1)
    var plan = AttemptPlan(
      stages: snapshot.stages(for: request.position, rule: request.rule, principal, request.steering),
      limit: snapshot.table.models[request.steering?.from ?? request.position].attempts,
      permitted: request.permitted)
    var next = plan.first(random: &random, choose: choose)
    var full: Refusal?
    var notCarried: PeekError?
    while case .attempt(let step) = next {
      let place = AttemptPlan.Place(deployment: step.candidate.deployment, endpoint: step.endpoint)
      if case .refused(let error)? = request.carriages[place.deployment] {
        notCarried = error
        next = plan.skip(deployment: true, random: &random, choose: choose)
        continue
      }
      if let short = explainer.shortTime(at: place, request) {
        late.append((place, short))
        next = plan.skip(deployment: false, random: &random, choose: choose)
        continue
      }
      if firstDeployment == nil {
        firstDeployment = step.candidate.deployment
        demand = explainer.demand(request, at: firstDeployment)
        if let refusal = admitOwn(group) { return .refused(.limited(refusal)) }
        if stored == true { return .cached }
      }
      guard let refusal = refusal(at: place, model: step.candidate.model) else {
        winner = step
        return sent(step, seen[step.candidate.model])
      }
      full = refusal.sooner(than: full)
      let isWhole = !snapshot.isOfCredential(refusal.limit, at: step.endpoint)
      skipped.append((place, isWhole, refusal))
      next = plan.skip(deployment: isWhole, random: &random, choose: choose)
    }
    let isFull = seen.values.contains { $0.candidates.contains { $0.loss == .full } }
    return nowhere(group, stored, full, notCarried, plan.stages, isFull: isFull)
  }

  private mutating func nowhere(
    _ group: LimitGroup?, _ stored: Bool?, _ full: Refusal?, _ notCarried: PeekError?,
    _ stages: [RoutingTable.Stage], isFull: Bool
  ) -> Explanation.Verdict {
    if firstDeployment == nil, request.place.isKept || isFull {
      if let refusal = admitOwn(group) { return .refused(.limited(refusal)) }
      if stored == true { return .cached }
    }
    if own == nil { own = group.map { limits.answer(of: $0, demand) } }
    if request.directives.onlyIfCached, stored == false { return .refused(.notCached) }
    if isFull {
      if let error = explainer.queueRefusal(request) { return .refused(error) }
      return .waits("every endpoint that could be used has as many requests as it takes")
    }
    if let full { return .refused(.capacitySpent(full)) }
    if let notCarried { return .refused(ExchangeError(notCarried)) }
    if let first = late.first {
      let quickest = late.reduce(first.short) { $1.short.orQuicker(than: $0) }
      return .refused(.tooLate(quickest, isClients: explainer.deadlineIsClients))
    }
    guard explainer.live != nil else {
      return .unknown("its endpoints are found by name when a replica runs, which is not known offline")
    }
    return .refused(
      Unavailable(stages, within: request.permitted, for: explainer.principal.caller, in: snapshot).error)
  }

  private mutating func admitOwn(_ group: LimitGroup?) -> Refusal? {
    own = group.map { limits.answer(of: $0, demand) }
    return own?.refusal
  }

  private func sent(_ step: AttemptPlan.Step, _ survey: PoolSurvey?) -> Explanation.Verdict {
    if request.directives.onlyIfCached { return .refused(.notCached) }
    return .sent(
      endpoint: snapshot.endpoints[step.endpoint].id,
      deployment: snapshot.deployments[step.candidate.deployment].name,
      model: snapshot.models[step.candidate.model].name, chance: survey?.best?.chance ?? 1)
  }

  /// The refusal of an attempt there that lasts longest; nil where all its limits have room, or nobody knows.
  private func refusal(at place: AttemptPlan.Place, model: Int) -> Refusal? {
    explainer.groups(of: place, model: model).compactMap { limits.answer(of: $0, demand).refusal }
      .max { ($0.wait ?? .max) < ($1.wait ?? .max) }
  }

  // MARK: What became of each

  /// A stage with all its candidates, whether they were looked at or not.
  func stage(_ stage: RoutingTable.Stage) -> Explanation.Stage {
    let route = snapshot.table.route(of: stage.model)
    let settings = snapshot.settings.models[route]
    let isAllowed = stage.fallback == 0 || explainer.principal.allows(route)
    let survey =
      surveys[stage.model]
      ?? explainer.survey(ofModel: stage.model, .init(permitted: request.permitted), request)
    var told = Explanation.Stage(
      model: settings.name, fallback: stage.fallback, isAllowed: isAllowed, balance: settings.balance,
      affinity: settings.affinity)
    told.version = snapshot.versions?.entry(at: stage.model)?.version
    told.affinityWords = affinity(settings.affinity, survey)
    told.learnedWords = learned(snapshot.pools[stage.model].learned)
    let entries = snapshot.table.models[stage.model].deployments
    let weights = entries.reduce(0) { $0 + $1.weight }
    told.deployments = entries.map { deployment($0, of: weights, model: stage.model) }
    let judge = CandidateJudge(
      explainer: explainer, stage: stage, isAllowed: isAllowed, survey: survey, winner: winner,
      verdict: verdict, carriages: request.carriages,
      late: { place in late.last { $0.place == place }?.short }
    ) { place in
      skipped.last { $0.place == place || $0.isWhole && $0.place.deployment == place.deployment }?.refusal
    }
    told.candidates = survey.candidates.map { candidate in
      var told = judge.judged(candidate)
      if isAllowed, let group = snapshot.credentials[candidate.member.place.endpoint] {
        told.limits = limits.answer(of: group, demand).lines
      }
      return told
    }
    return told
  }

  private func deployment(_ entry: RoutingTable.Weighted, of weights: Int, model: Int)
    -> Explanation.Deployment
  {
    let deployment = snapshot.deployments[entry.position]
    let provider = snapshot.settings.providers.first { $0.name == deployment.provider }
    let groups = [
      snapshot.limitTable.models[snapshot.table.route(of: model)],
      snapshot.limitTable.deployments[entry.position],
    ]
    let answers = groups.compactMap { $0 }.map { limits.answer(of: $0, demand) }
    let refusal = skipped.last { $0.isWhole && $0.place.deployment == entry.position }?.refusal
    return Explanation.Deployment(
      name: deployment.name, provider: deployment.provider, model: deployment.model, weight: entry.weight,
      share: Double(entry.weight) / Double(max(1, weights)),
      price: snapshot.price(of: entry.position, at: explainer.wall),
      limits: answers.flatMap(\.lines), refusal: refusal ?? answers.compactMap(\.refusal).first,
      discovery: provider?.discovery?.dns)
  }

  private func learned(_ learned: LearnedPool?) -> String? {
    guard let learned else { return nil }
    if learned.terms.steering == .never { return "switched off: deployments are drawn by their weights" }
    guard explainer.live != nil else { return "what is known of that, a running replica says" }
    return learned.desk.standing.verdict.words(learned.names)
  }

  private func affinity(_ affinity: Settings.Model.Affinity, _ survey: PoolSurvey) -> String? {
    guard affinity != .none else { return nil }
    guard let preferred = survey.candidates.first(where: \.isPreferred) else {
      return survey.candidates.count == 1
        ? "there is one endpoint only" : "the request has no \(affinity.rawValue)"
    }
    let id = preferred.member.endpoint.id
    return survey.isPreferredBusy ? "\(id), but it has more than 1.25 times its share to do" : id
  }
}

extension CacheRules.Place? {
  fileprivate var isKept: Bool { if case .at = self { true } else { false } }
}
