import Coordination
import Dialects
import Policy
import Settings
import Telemetry

/// Explains one request by one configuration: by the very code that serves requests, with what a replica knows or without. Nothing
/// is changed. Confined to where its pools' views and its peek are.
struct Explainer {
  /// What a replica knows.
  struct Live {
    var seen: Explanation.Seen
    var estimators: [String: TokenEstimator]
    var queue: QueueDesk
    /// The budget of a group that is spent so far that it steers.
    var steering: (LimitGroup) -> Limit?
    /// Milliseconds of `StateClock.monotonicMilliseconds`.
    var now: Int64
  }

  /// A request that may be routed.
  struct Request {
    var facts: RequestFacts
    var model: Int
    /// The model's that was asked for: another one where an arm of an experiment is.
    var asked: Int
    var part: ExperimentTable.Part?
    /// The position of the rule that matches.
    var rule: Int?
    /// The deployments that may serve it; nil: all.
    var permitted: DeploymentSet?
    var steering: Steering?
    /// Nil where its rule names none.
    var ensemble: Explanation.Ensemble?
    /// What its client is told where none of those is left.
    var refusal: ExchangeError?
    /// Nil where nothing was decided about the model's versions.
    var arm: Arm?
    var data: DataCourse
    var directives: CacheDirectives
    /// Nil where nothing is kept at all.
    var place: CacheRules.Place?
    /// By deployment: what becomes of it at providers that speak another dialect.
    var carriages: [Int: Carriage] = [:]
    /// It asks how many tokens it has, and no provider of its model tells.
    var isCountedHere = false

    /// The model's whose limits of the caller it would be charged to.
    var charged: Int { steering?.from ?? model }
    /// Of the version that it would be sent to, or of the model.
    var position: Int { arm?.position ?? model }
  }

  let snapshot: Snapshot
  let principal: Principal
  let head: RequestHead
  let path: String
  let view: (_ model: Int) -> PoolView
  /// Nil offline.
  let live: Live?
  var trace = RuleTrace()
  /// When the request comes, in milliseconds since 1970, where that is not now.
  var time: Int64?
  /// The same, or now: whose prices count.
  var wall: Int64 { time ?? SystemClock.wallMilliseconds() }

  // MARK: Reading

  /// Refuses what the data port would refuse, in its words.
  func read(_ body: PaddedBytes, _ peek: Peek, _ canonical: PaddedBytes) throws(ExchangeError) -> Request {
    let surface = try surface()
    let limit = snapshot.settings.server.maxBody.count
    guard body.count <= limit else { throw .bodyTooLarge(limit: limit) }
    peek.ask(for: snapshot)
    return try route(try peeked(body, surface, peek), body, peek, canonical)
  }

  /// The same for a request that has been read.
  func route(
    _ request: PeekedRequest, _ body: PaddedBytes, _ peek: Peek, _ canonical: PaddedBytes
  ) throws(ExchangeError) -> Request {
    var peeked = request
    let course = try snapshot.dataCourse(peeked, body, head, principal, peek)
    peeked = course.masked?.request ?? peeked
    let surface = peeked.facts.surface
    var permitted = surface == .countTokens ? nil : snapshot.takers(of: surface)
    permitted.narrow(to: snapshot.data?.classes.permitted(course.bound))
    let (rule, ruling) = try self.rule(on: &peeked, within: permitted, course.classes)
    var facts = peeked.facts
    let (asked, pin) = (ruling.model, ruling.pin)
    let ensemble = ensemble(rule, ruling, peeked, course.masked?.body ?? body, peek)
    let isTogether = ensemble?.isAsked == true
    let part = ruling.steering == nil && !isTogether ? part(asked, pin, facts, within: ruling.permitted) : nil
    let target = part.flatMap { snapshot.experiments?.target(of: $0) } ?? .init(model: asked)
    let model = target.model
    let arm: Arm?
    if isTogether {
      arm = snapshot.servingArm(of: model)
    } else if let version = target.version {
      arm = Arm(kind: .experiment, position: version)
    } else {
      arm = snapshot.arm(try self.arm(model, pin, facts), ofModel: model, within: ruling.permitted)
    }
    let isLeft = snapshot.hasDeployment(
      for: arm?.position ?? model, rule: rule, principal, within: ruling.permitted)
    if let edits = arm.flatMap({ snapshot.versions?.entry(at: $0.position)?.edits }) {
      facts = edits.facts(of: peeked)
    }
    let directives = head.cacheDirectives
    var place =
      trace.isSilent
      ? nil
      : snapshot.cache?.place(
        body, facts, principal, model: arm?.position ?? model, named: snapshot.models[model].name,
        within: snapshot.cacheWords(ruling.permitted, rule: rule), directives,
        beta: head.beta(facts.surface.dialect), peek, canonical)
    if place != nil, isTogether { place = .nowhere(.ensemble) }
    if place != nil, !course.classes.isEmpty { place = .nowhere(.dataClass) }
    if directives.onlyIfCached, case .nowhere = place { throw .notCached }
    var explained = Request(
      facts: facts, model: model, asked: asked, part: part, rule: rule, permitted: ruling.permitted,
      steering: ruling.steering, ensemble: ensemble,
      refusal: refusal(course)
        ?? (ruling.refusal ?? (isLeft ? nil : .ruledOut)).map {
          snapshot.naming(snapshot.naming($0, facts), course.classes)
        },
      arm: arm, data: course,
      directives: directives, place: place)
    if surface == .countTokens {
      explained.permitted.narrow(to: snapshot.takers(of: surface))
      explained.isCountedHere = !snapshot.mayServe(explained.position, within: explained.permitted)
    }
    if !trace.isSilent {
      explained.carriages = carriages(explained, peeked, course.masked?.body ?? body, peek)
    }
    return explained
  }

  private func peeked(
    _ body: PaddedBytes, _ surface: Surface, _ peek: Peek
  ) throws(ExchangeError) -> PeekedRequest {
    do {
      return try peek.request(body, surface: surface, detectors: snapshot.data?.detectors)
    } catch {
      throw ExchangeError(error)
    }
  }

  /// The API that is called, of a request whose head is taken.
  func surface() throws(ExchangeError) -> Surface {
    switch Route(head) {
    case .surface(let surface):
      try head.mayAsk()
      if snapshot.isBounded, !head.hasValidPriority { throw .priority }
      return surface
    case .models, .tags, .show, .version: throw .wrongMethod(allow: "GET")
    case .wrongMethod(let allow): throw .wrongMethod(allow: allow)
    case .feedback, .unknown: throw .unknownPath(head.pathString)
    }
  }

  // MARK: What it may touch

  /// A model, then its fallbacks, those too that the key doesn't allow.
  func stages(of request: Request) -> [RoutingTable.Stage] {
    let ruled = request.rule.flatMap { snapshot.rules?.rules[$0].fallbacks }
    let fallbacks = request.steering.map { snapshot.fallbacks(behind: $0, ruled) } ?? ruled
    return snapshot.table.stages(for: request.position, fallbacks: fallbacks) { _ in true }
  }

  /// All limits that might be asked.
  func groups(of request: Request) -> [LimitGroup] {
    var groups = [principal.limits.group(model: request.charged)]
    for stage in stages(of: request) {
      let route = snapshot.table.route(of: stage.model)
      guard stage.fallback == 0 || principal.allows(route) else { continue }
      groups.append(snapshot.limitTable.models[route])
      for member in snapshot.pools[stage.model].members {
        groups.append(snapshot.limitTable.deployments[member.place.deployment])
        groups.append(snapshot.credentials[member.place.endpoint])
      }
    }
    return groups.compactMap { $0 }
  }

  func groups(of place: AttemptPlan.Place, model: Int) -> [LimitGroup] {
    [
      snapshot.limitTable.models[snapshot.table.route(of: model)],
      snapshot.limitTable.deployments[place.deployment],
      snapshot.credentials[place.endpoint],
    ].compactMap { $0 }
  }

  // MARK: Time

  private var allowance: Int64 { Exchange.allowance(head, snapshot) }
  var deadlineIsClients: Bool { allowance < snapshot.limits.request }

  /// Whether an attempt there has too little time, were the request to come now. Offline nobody knows what it takes.
  func shortTime(at place: AttemptPlan.Place, _ request: Request) -> ShortTime? {
    let usual = snapshot.pace(place).usual(
      isStream: request.facts.stream, at: SystemClock.monotonicNanoseconds() / 1_000_000)
    return ShortTime(left: allowance / 1_000_000, usual: live == nil ? nil : usual)
  }

  // MARK: Estimates

  func demand(_ request: Request, at deployment: Int?) -> Demand {
    let estimator = live?.estimators[snapshot.models[request.model].name] ?? TokenEstimator()
    let (input, output) = (estimator.input(request.facts), estimator.output(request.facts))
    let price = deployment.flatMap { snapshot.price(of: $0, at: wall) }
    return Demand(
      inputTokens: input, outputTokens: output,
      microdollars: price?.cost(input: input, output: output) ?? 0)
  }

  func survey(ofModel model: Int, _ spent: AttemptPlan.Spent, _ request: Request) -> PoolSurvey {
    let view = view(model)
    var ask = PoolView.Ask(spent: spent, sight: live?.seen.sight ?? .fresh)
    ask.shares = live == nil ? nil : snapshot.shares(of: view.pool, for: principal.caller)
    ask.key = view.pool.affinityKey(head, request.facts, tenant: principal.tenant)
    ask.isSteered = request.steering != nil
    if ask.isSteered || view.pool.balance == .cost {
      ask.now = wall
      let estimator = live?.estimators[view.pool.name] ?? TokenEstimator()
      ask.tokens = (estimator.input(request.facts), estimator.output(request.facts))
    }
    if view.pool.learned != nil { ask.features = ChoiceFeatures(request.facts) }
    return view.survey(ask, turnless: live == nil)
  }

  // MARK: Waiting

  /// What the client of a request that finds all endpoints full is told at once; nil where it would wait.
  func queueRefusal(_ request: Request) -> ExchangeError? {
    guard let queue = live?.queue else { return nil }
    let (rules, name) = (snapshot.settings.queue, snapshot.models[request.model].name)
    let ruled = request.rule.flatMap { snapshot.rules?.rules[$0].priority } ?? principal.priority
    let priority = head.priority(below: max(principal.priority, ruled))
    let now = SystemClock.monotonicNanoseconds() / 1_000_000
    let usual = snapshot.usual(request.facts, request.position, principal, at: now) { $0.isFull }
    if let short = ShortTime(left: allowance / 1_000_000, usual: usual) {
      return .tooLate(short, isClients: deadlineIsClients)
    }
    let left = allowance / 1_000_000 - max(ShortTime.least, Int64(usual ?? 0))
    let demand = demand(request, at: nil)
    let entry = WaitQueue.Entry(
      id: 0, tenant: principal.tenant, priority, tokens: demand.inputTokens + demand.outputTokens,
      arrived: now,
      until: now + min(rules.maxWait.nanoseconds / 1_000_000, left))
    let refusal = rules.max == 0 ? .full(0) : queue.refusal(of: entry, in: name, now: now)
    let full = snapshot.pools[request.position].members.map(\.endpoint.occupancy).filter(\.isFull)
    guard let refusal, !full.contains(where: \.isOffTurn) else { return nil }
    return QueueRefusal(
      model: name, priority: priority, refusal, waited: 0, waiting: queue.waiting(name, priority),
      interval: queue.interval(name, now: now), isDivided: full.contains(where: \.hasRoomElsewhere)
    ).error
  }

  // MARK: Explaining

  func refusal(_ error: ExchangeError) -> Explanation {
    var explanation = blank(.refused(error))
    (explanation.rules, explanation.facts) = (trace.rules, trace.facts)
    explanation.leftOut = trace.leftOut(in: snapshot)
    if error.code == "model_not_found", let models = principal.models {
      let names = models.sorted().map { snapshot.models[$0].name }
      explanation.notes.append(
        names.isEmpty ? "The key allows no model." : "The key allows \(names.joined(separator: ", ")) only.")
    }
    return explanation
  }

  private func blank(_ verdict: Explanation.Verdict) -> Explanation {
    Explanation(
      seen: live?.seen,
      asker: .init(
        tenant: principal.tenant, key: principal.key, team: principal.team, user: principal.user,
        tier: principal.tier, models: principal.models?.sorted().map { snapshot.models[$0].name }),
      path: path, verdict: verdict)
  }

  /// `stored` tells whether the cache has an answer that would serve; nil where nobody knows.
  func explain(_ request: Request, _ limits: LimitOutlook, stored: Bool?) -> Explanation {
    let walk = ExplainedWalk(self, request, limits, stored: stored)
    var explanation = blank(walk.verdict)
    explanation.model = .init(
      name: snapshot.models[request.model].name, asked: request.facts.model, isStream: request.facts.stream)
    let isPriced = walk.firstDeployment.flatMap { snapshot.price(of: $0, at: wall) } != nil
    if request.isCountedHere {
      explanation.verdict = .unknown("the router counts its tokens itself, as no provider of the model does")
    }
    if let refusal = request.refusal { explanation.verdict = .refused(refusal) }
    (explanation.rules, explanation.facts) = (trace.rules, trace.facts)
    explanation.leftOut = trace.leftOut(in: snapshot)
    explanation.steered = request.steering.map { steered($0) }
    explanation.ensemble = request.ensemble
    explanation.version = version(request)
    explanation.experiment = experiment(request)
    explanation.estimate = .init(demand: walk.demand, isPriced: isPriced)
    explanation.cache = cache(request, stored)
    explanation.data = data(request)
    if let own = walk.own { (explanation.limits, explanation.limitBasis) = (own.lines, own.basis) }
    explanation.stages = stages(of: request).map { walk.stage($0) }
    explanation.notes += notes(request)
    explanation.notes += walk.winner.map { losses(at: $0.candidate.deployment, request) } ?? []
    return explanation
  }

  private func notes(_ request: Request) -> [String] {
    var notes: [String] = []
    if request.ensemble?.isAsked == true {
      notes.append(
        "What follows is the call to \(snapshot.models[request.model].name); each model's is one of its own.")
    }
    let retry = snapshot.settings.models[request.charged].retry
    if head.wantsOneAttempt {
      notes.append("One attempt only, as the request is itself a retry, or wants none.")
    } else {
      notes.append(
        retry.attempts == 1
          ? "One attempt only." : "Up to \(retry.attempts) attempts, fallbacks included.")
      if retry.attempts > 1, let hedges = snapshot.models[request.model].hedges {
        notes.append(hedge(hedges, request))
      }
    }
    if live == nil, principal.limits.group(model: request.model)?.steering.isEmpty == false {
      notes.append("A budget may send it to what costs less: how far it is spent is not known offline.")
    }
    if live?.seen.isStateAway == true {
      notes.append("The shared state does not answer: limits are decided by this replica's share.")
    }
    return notes
  }

  private func hedge(_ hedges: HedgeDesk, _ request: Request) -> String {
    guard let patience = hedges.patience(isStream: request.facts.stream) else {
      return "Hedged, once it is known here how long the first attempt may take."
    }
    return "Hedged: another endpoint is asked too where the first takes longer than"
      + " \(LimitHeaders.duration(patience / 1_000_000)), as far as hedge.budget goes."
  }

  private func cache(_ request: Request, _ stored: Bool?) -> Explanation.Cache? {
    guard let rules = snapshot.cache, let place = request.place else { return nil }
    switch place {
    case .nowhere(let reason): return .init(isUsed: false, words: reason.rawValue)
    case .at(let keys, let facts):
      let scope =
        switch rules.policy.scope {
        case .tenant: "all keys of tenant \(principal.tenant)"
        case .user: principal.user.map { "user \($0)" } ?? "key \(principal.key)"
        case .shared: "all tenants"
        }
      let words =
        switch stored {
        case true?: "an answer is stored, and would serve"
        case false?: "none is stored that would serve; this request's answer would be kept"
        case nil: "its answer would be kept" + (live == nil ? "; what is stored is not known offline" : "")
        }
      let isFixed = facts.isDeterministic ? "" : " (cache: all)"
      return .init(
        isUsed: true, words: words + isFixed, scope: scope, label: keys.label, isStored: stored == true)
    }
  }
}
