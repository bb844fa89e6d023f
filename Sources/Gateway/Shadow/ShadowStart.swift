import Coordination
import Dialects
import Policy
import Telemetry
import Upstream

/// Where a copy goes, and what is sent.
extension Worker {
  /// An endpoint of the candidate that has room to spare: its breaker is closed, and clients leave it more than half of its places. The
  /// slot is of one that takes only so many requests.
  func place(for copy: ShadowCopy) -> (AttemptPlan.Step, Slot?)? {
    let (snapshot, position) = (copy.snapshot, copy.seed.position)
    let view = pools.view(ofModel: position, in: snapshot)
    var ask = PoolView.Ask(spent: AttemptPlan.Spent(permitted: copy.permitted), sight: cluster.sight)
    ask.shares = snapshot.shares(of: view.pool, for: copy.caller)
    var plan = AttemptPlan(stages: [RoutingTable.Stage(model: position, fallback: 0)], limit: 1)
    let next = plan.first(random: &random) { _, _, random in view.choose(ask, random: &random) }
    guard case .attempt(let step) = next, mayCopy(to: step, snapshot) else { return nil }
    guard snapshot.capacities[step.endpoint] != nil else { return (step, nil) }
    return slot(at: snapshot.endpoints[step.endpoint]).map { (step, $0) }
  }

  /// Whether an endpoint needs no care now: a copy tells no breaker anything, and so may not be a probe.
  private func mayCopy(to step: AttemptPlan.Step, _ snapshot: Snapshot) -> Bool {
    guard snapshot.endpoints[step.endpoint].health.isHealthy else { return false }
    guard !snapshot.breakers.trouble.isNone else { return true }
    let now = breakers.now
    return !snapshot.breakers.bars[step.endpoint].isBarred(now: now)
      && snapshot.site(of: step)?.view(now: now).standing == .closed
  }

  private func slot(at endpoint: Endpoint) -> Slot? {
    guard endpoint.gate.wanted == 0, let limit = endpoint.gate.limit,
      (endpoint.inFlight + endpoint.others) * 2 < limit, endpoint.tryEnter()
    else { return nil }
    return Slot(entered: endpoint, queue)
  }

  /// What it is, in its provider's dialect; throws where that has no words for it.
  func sent(_ copy: ShadowCopy, to step: AttemptPlan.Step) throws(ShadowDrop) -> Sent {
    let (snapshot, seed) = (copy.snapshot, copy.seed)
    let deployment = snapshot.deployments[step.candidate.deployment]
    let version = snapshot.versions?.entry(at: seed.position)?.edits
    if deployment.speaks(seed.surface) {
      return peek.passed(seed.request, seed.body, to: deployment, version: version, rule: seed.ruleEdits)
    }
    do throws(PeekError) {
      return try peek.translated(
        seed.request, seed.body, to: deployment, version: version, rule: seed.ruleEdits, id: copy.requestID,
        now: copy.beganAt)
    } catch {
      throw .notCarried
    }
  }

  /// One that can't even begin has failed at once.
  func start(_ copy: ShadowCopy, _ step: AttemptPlan.Step, _ sent: Sent, _ slot: Slot?) -> Attempt {
    let (snapshot, facts) = (copy.snapshot, copy.seed.request.facts)
    let now = SystemClock.monotonicNanoseconds()
    let attempt = Attempt(
      step, at: snapshot.endpoints[step.endpoint], facts: facts, sent: sent,
      limits: Attempt.Limits(firstByteBy: now + copy.timeout, stall: snapshot.limits.idle),
      recording: AnswerRecording(limit: ShadowCopy.largestText), slot: slot, peek: peek, executor: executor,
      now: now)
    copy.begin(attempt)
    do throws(UpstreamError) {
      let pool = try pool(
        snapshot.endpoints[step.endpoint], facts.surface, sent.translated?.path, isAside: true)
      attempt.start(request(sent, copy), on: pool)
    } catch {
      attempt.fail(error)
    }
    return attempt
  }

  /// Neither a trace nor a key of idempotency: they are the client's own request's. Providers may see what it is.
  private func request(_ sent: Sent, _ copy: ShadowCopy) -> TransferRequest {
    let body = sent.body
    var headers = [
      "x-switchyard-arm: \(copy.errand.rawValue)",
      "x-request-timeout-ms: \(max(1, copy.timeout / 1_000_000))",
    ]
    headers += sent.translated?.headers ?? copy.dialectLines
    return body.withUnsafeBytes { TransferRequest(body: $0, bodyOwner: body, headers: headers) }
  }
}
