import Coordination
import Dialects
import Policy
import Telemetry

/// `POST /v1/feedback`: what somebody makes of an answer.
extension Worker {
  func takeFeedback(_ exchange: Exchange) async throws(ExchangeError) {
    try shed(exchange)
    try exchange.head.mayAsk()
    let principal = try await authenticate(exchange)
    let isCounted: Bool
    do throws(ExchangeError) {
      isCounted = try await judge(exchange, principal)
    } catch {
      countFeedback(error.feedbackResult)
      throw error
    }
    countFeedback(isCounted ? "counted" : "uncounted")
    let answer = PaddedBytes(capacity: 64)
    answer.append(
      isCounted ? #"{"object":"feedback","counted":true}"# : #"{"object":"feedback","counted":false}"#)
    self.answer(json: answer, exchange)
  }

  /// Whether it is evidence, or says what its session makes of its last answer, or what its request was.
  private func judge(_ exchange: Exchange, _ principal: Principal) async throws(ExchangeError) -> Bool {
    let body = try await exchange.body()
    let feedback = try Feedback(body)
    guard rollouts.feedback.secret != nil else { throw .stateUnavailable }
    guard let ticket = rollouts.feedback.open(feedback.ticket, by: principal.holder) else {
      throw .feedbackUnknown
    }
    guard limiter.now - ticket.at <= FeedbackTicket.lifetime else { throw .feedbackLate }
    let plan = ticket.trial.flatMap { exchange.snapshot.experiments?.plan(of: $0.subject) }
    if let plan, let name = feedback.outcomes.keys.sorted().first(where: { !plan.outcomes.contains($0) }) {
      throw .unknownOutcome(name, plan)
    }
    let judgement = FeedbackMark(ticket, call: replica.makeID(), feedback.grade)
    let reply = try await mark(judgement, exchange)
    if reply == .repeated { throw .feedbackRepeated }
    let isEvidence = reply == .counts && tell(feedback, ticket.rollout, principal)
    var isLabel = false
    // Also where its session has just judged another answer: what a request was is no opinion of the session's.
    if !feedback.said.isEmpty {
      isLabel = await takeLabel(feedback.said, of: ticket.id, exchange)
    }
    let isLearned = reply == .counts && learn(from: feedback, ticket.choice, exchange.snapshot)
    return tell(feedback, ticket.trial, plan) || isEvidence || isLabel || isLearned
      || judgement.rejects != nil
  }

  private func mark(_ mark: FeedbackMark, _ exchange: Exchange) async throws(ExchangeError)
    -> FeedbackMark.Reply
  {
    // What was lost may have happened: the same call again has the same answer.
    for _ in 0..<2 {
      let result: Result<FeedbackMark.Reply, StateFailure> = await waitForState(exchange) { fill in
        feedbackRegister.mark(mark) { fill($0) }
        feedbackRegister.flush()
      }
      if case .success(let reply) = result { return reply }
    }
    throw .stateUnavailable
  }

  private func tell(
    _ feedback: Feedback, _ rollout: FeedbackTicket.Rollout?, _ principal: Principal
  ) -> Bool {
    guard let rollout, let grade = feedback.grade else { return false }
    return rollouts.evidence.add(
      grade, rollout.arm == .canary ? .canary : .baseline, tenant: principal.tenant,
      of: .init(model: rollout.model.name, version: rollout.version), now: replica.clock.monotonic)
  }

  /// A session has one value of each metric, however often it speaks.
  private func tell(_ feedback: Feedback, _ trial: FeedbackTicket.Trial?, _ plan: ExperimentPlan?) -> Bool {
    guard let trial, let plan, plan.arms.indices.contains(trial.arm) else { return false }
    var tally = SessionTally(arm: trial.arm)
    if let grade = feedback.grade { tally.add(grade.value, of: .score) }
    for (name, value) in feedback.outcomes { tally.add(value, of: .outcome(name)) }
    rollouts.experiments.add(tally, unit: trial.unit, of: trial.subject)
    return true
  }

  private func countFeedback(_ result: String) {
    shard.increment(registry.series(Catalogue.feedback, result))
  }

  // MARK: Tickets

  /// With what an attempt's answer may be judged, where that is evidence of anything, teaches something, rules ask for it, or it is looked
  /// at again.
  func addTicket(for attempt: Attempt, _ exchange: Exchange, to fields: inout HTTP1FieldWriter) {
    let position = attempt.step.candidate.model
    let (rollout, trial) = (exchange.rollout(answeredBy: position), exchange.trial)
    let choice = exchange.drawn == nil ? nil : choice(answeredBy: attempt, exchange)
    let isAsked =
      rollout != nil || trial != nil || choice != nil || exchange.session != nil || exchange.audit != nil
    guard isAsked, let principal = exchange.principal, let secret = rollouts.feedback.secret else { return }
    let ticket = FeedbackTicket(
      at: limiter.now, id: random.next(), rollout: rollout, trial: trial, session: exchange.session,
      choice: choice)
    exchange.audit?.ticket = ticket.id
    fields.add("x-switchyard-feedback", secret.seal(ticket, for: principal.holder))
  }
}

extension Exchange {
  /// Nil where its answer says nothing of a candidate: there is none, the client chose the version, or another one answered.
  fileprivate func rollout(answeredBy position: Int) -> FeedbackTicket.Rollout? {
    guard let arm, let version = arm.candidate, arm.kind != .pinned, arm.position == position, let model,
      let name = ControlModel(snapshot.models[model].name)
    else { return nil }
    return FeedbackTicket.Rollout(
      model: name, version: version, arm: arm.kind == .canary ? .canary : .baseline, unit: arm.unit)
  }
}

extension Exchange {
  fileprivate var trial: FeedbackTicket.Trial? {
    guard let part, let entry = snapshot.experiments?.entries[part.entry] else { return nil }
    return FeedbackTicket.Trial(subject: entry.plan.subject, arm: part.arm, unit: part.unit)
  }
}

extension Principal {
  /// Whose tickets nobody else's key opens.
  fileprivate var holder: String { "\(tenant) \(key)" }
}

extension Feedback {
  fileprivate init(_ body: PaddedBytes) throws(ExchangeError) {
    guard body.count <= Self.mostBytes else { throw .feedbackTooLarge }
    guard let text = body.withUnsafeBytes({ String(validating: $0, as: UTF8.self) }) else {
      throw .invalidFeedback(nil, "the body is no UTF-8")
    }
    do throws(FeedbackFlaw) {
      try self.init(body: text)
    } catch {
      throw .invalidFeedback(error.member, error.reason)
    }
  }
}
