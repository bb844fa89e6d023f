import Coordination
import Dialects
import Policy
import Settings
import Telemetry

/// Says of each endpoint of a model whether it is the one, and why not.
struct CandidateJudge {
  let explainer: Explainer
  let stage: RoutingTable.Stage
  let isAllowed: Bool
  let survey: PoolSurvey
  /// The attempt that would be made first; nil where there is none.
  let winner: AttemptPlan.Step?
  let verdict: Explanation.Verdict
  let carriages: [Int: Carriage]
  /// Whether it was tried and would answer too late.
  let late: (AttemptPlan.Place) -> ShortTime?
  /// Why the limits of an attempt there have no room, where it was tried.
  let refusal: (AttemptPlan.Place) -> Refusal?

  private var snapshot: Snapshot { explainer.snapshot }
  private var isByTurns: Bool { snapshot.pools[stage.model].balance == .roundRobin }

  private var heedsLoad: Bool {
    switch snapshot.pools[stage.model].balance {
    case .roundRobin, .random, .weighted, .learned: false
    case .leastConnections, .latency, .cost, .resource: true
    }
  }

  func judged(_ candidate: PoolSurvey.Candidate) -> Explanation.Candidate {
    let member = candidate.member
    let identity = member.endpoint.identity
    let written = snapshot.settings.providers.first { $0.name == identity.provider }?.endpoints
      .first { $0.url == identity.url && $0.address == identity.address }
    let state = explainer.live.map { EndpointWords(candidate, snapshot, explainer.principal.caller, $0) }
    let (standing, why) = judgement(candidate, state)
    return Explanation.Candidate(
      endpoint: member.endpoint.id, deployment: snapshot.deployments[member.place.deployment].name,
      zone: written?.zone, labels: written?.labels ?? [:], weight: written?.weight ?? 1,
      state: state?.state, score: candidate.score, chance: candidate.chance, standing: standing, why: why)
  }

  private func judgement(_ candidate: PoolSurvey.Candidate, _ state: EndpointWords?) -> (
    Explanation.Standing, String
  ) {
    if !isAllowed { return (.out, "the key does not allow the model") }
    let place = candidate.member.place
    if case .refused(let error)? = carriages[place.deployment] {
      return (.out, "can't be carried: \(error.message)")
    }
    if isWinner(place) { return won(candidate, state) }
    if let short = late(place) {
      return (.out, "too late: \(short.left)ms are left, and \(short.needed)ms are needed")
    }
    if let refusal = refusal(place) { return (.out, ExplainedLimit.spent(refusal)) }
    switch candidate.loss {
    case .out: return (.out, state?.reason ?? "left out")
    case .spent: return (.out, "no limit has room for an attempt there")
    case .notPermitted: return (.out, explainer.trace.why(place.deployment))
    case .full: return (.out, full(candidate.member.endpoint))
    case .dearer: return (.loses, "a cheaper deployment is left")
    case .far: return (.loses, "in another zone, while one of the own zone is idle")
    case nil: return lost(candidate)
    }
  }

  private func full(_ endpoint: Endpoint) -> String {
    let limit = endpoint.gate.limit ?? 0
    let whose = endpoint.occupancy.hasRoomElsewhere ? "full for this replica" : "full"
    return
      "\(whose): \(endpoint.inFlight + endpoint.others) in flight of the \(limit) that it takes (max_concurrent),"
      + " of which this replica has \(endpoint.inFlight) and may have \(endpoint.gate.ceiling)"
  }

  private func isWinner(_ place: AttemptPlan.Place) -> Bool {
    winner.map {
      $0.candidate.stage == stage && $0.endpoint == place.endpoint
        && $0.candidate.deployment == place.deployment
    } ?? false
  }

  private func won(_ candidate: PoolSurvey.Candidate, _ state: EndpointWords?) -> (
    Explanation.Standing, String
  ) {
    let open = survey.candidates.filter { $0.loss == nil }
    let isSure = candidate.chance > 0.999
    var why =
      if survey.isByAffinity { "kept there, as it belongs together" } else if open.count == 1 {
        survey.candidates.count == 1 ? "the only endpoint" : "the only one that is left"
      } else if !isSure { share(candidate.chance) } else if isByTurns { "its turn" } else {
        candidate.score.map { "lowest score, \(ExplainedNumbers.short($0))" } ?? "the only one with weight"
      }
    if let permit = state?.permit { why += "; \(permit)" }
    return (.wins, why)
  }

  private func lost(_ candidate: PoolSurvey.Candidate) -> (Explanation.Standing, String) {
    guard let winner else {
      if case .refused = verdict { return (.later, "not reached: the request is refused before") }
      if case .waits = verdict { return (.later, "not reached: the request waits") }
      if case .cached = verdict { return (.later, "not reached: the cache has the answer") }
      return (.later, "not reached")
    }
    if winner.candidate.fallback < stage.fallback {
      let first = snapshot.models[winner.candidate.model].name
      return (.later, "fallback \(stage.fallback), only after \(first)")
    }
    let id = snapshot.endpoints[winner.endpoint].id
    if survey.isByAffinity { return (.loses, "the request is kept at \(id)") }
    if candidate.chance > 0 { return (.mayWin, share(candidate.chance)) }
    if isByTurns { return (.loses, "another's turn") }
    return (.loses, comparison(candidate))
  }

  private func share(_ chance: Double) -> String {
    let percent = ExplainedNumbers.percent(chance)
    if explainer.live?.seen.sight == .old, heedsLoad {
      return "\(percent) of choices: the better of two drawn, as the others' loads are old"
    }
    return "\(percent) of choices, by chance"
  }

  private func comparison(_ candidate: PoolSurvey.Candidate) -> String {
    let sight = explainer.live?.seen.sight ?? .fresh
    guard let best = survey.best, let score = candidate.score, let least = best.score else {
      return "never chosen beside \(survey.best?.member.endpoint.id ?? "the others")"
    }
    let (load, other) = (candidate.option.load(sight), best.option.load(sight))
    if load > 0, other == 0 { return "\(load) in flight, while \(best.member.endpoint.id) is idle" }
    return "higher score, \(ExplainedNumbers.short(score)) > \(ExplainedNumbers.short(least))"
  }
}
