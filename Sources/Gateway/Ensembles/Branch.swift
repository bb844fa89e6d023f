import Dialects
import Policy

/// One call of an exchange that makes several: to a model of its ensemble, or to the judge. It has an exchange of its own, that is routed,
/// limited and attempted as a client's. Confined to its worker's loop.
// @unchecked Sendable: as `EnsembleRun`, on the same loop.
final class Branch: @unchecked Sendable {
  enum End {
    /// It can be sent: whole, or more than is held.
    case answer(Attempt)
    /// One that reports a failure, or broke off.
    case failure(Attempt)
    case error(ExchangeError)

    init(_ attempt: Attempt) {
      let isGood = attempt.finalVerdict.map { $0.kind == .success } ?? true
      self = isGood ? .answer(attempt) : .failure(attempt)
    }
  }

  let exchange: Exchange
  let request: PeekedRequest
  let body: PaddedBytes
  let model: Int
  /// Among the line-up's models; nil: the judge's.
  let place: Int?
  private(set) var end: End?
  /// Called once it has ended.
  var onEnd: (() -> Void)?
  private(set) var isDismissed = false
  /// Bytes of its answer that are counted among those that are held.
  var held = 0
  /// What it took is part of what its exchange did.
  var isCounted = false

  init(_ exchange: Exchange, _ request: PeekedRequest, _ body: PaddedBytes, model: Int, place: Int?) {
    (self.exchange, self.request, self.body) = (exchange, request, body)
    (self.model, self.place) = (model, place)
  }

  func finish(_ end: End) {
    self.end = end
    onEnd?()
    onEnd = nil
  }

  /// Nobody waits for it any more.
  func dismiss() {
    if end == nil { isDismissed = true }
    exchange.dismiss()
  }

  /// One that is larger than what is held may still break off.
  var hasAnswer: Bool {
    guard case .answer(let attempt)? = end else { return false }
    return attempt.finalVerdict.map { $0.kind == .success } ?? true
  }

  /// Nil while it is under way, and where none was left to send.
  var attempt: Attempt? {
    switch end {
    case .answer(let attempt), .failure(let attempt): attempt
    case .error, nil: nil
    }
  }

  /// It failed in a way in which the same request would at any other model.
  var isFinal: Bool {
    switch end {
    case .answer, nil: false
    case .failure(let attempt):
      attempt.finalVerdict.map { $0.fault == .client && $0.retry == .never } ?? false
    case .error(let error):
      error.code != PeekError.codeOfDialects && (error.fault == .client || error.fault == .policy)
    }
  }

  /// What became of it, as a label of metrics.
  var result: String {
    if place == nil { return "judge" }
    if isDismissed { return "cancelled" }
    if case .answer? = end { return "passed_over" }
    return "failed"
  }
}

extension Exchange {
  /// What its rule changes in its request.
  var edits: VersionEdits? { (branch > 0 ? ruled?.ensemble?.edits : nil) ?? ruled?.edits }

  /// Goes on with what one of its branches has come to: its client is sent that one's answer.
  func adopt(_ branch: Exchange, of run: EnsembleRun, now: Int64) {
    (model, arm, facts) = (branch.model, branch.arm, branch.facts)
    (attempt, hedge, queueClass) = (branch.attempt, branch.hedge, branch.queueClass)
    attempts = run.branches.reduce(0) { $0 + $1.exchange.attempts }
    (demand, estimate, isAdmitted) = (branch.demand, branch.estimate, branch.isAdmitted)
    (grant, attemptGrant) = (branch.grant, branch.attemptGrant)
    (branch.grant, branch.attemptGrant) = (nil, nil)
    (limitHeaders, isLimitedLocally) = (branch.limitHeaders, branch.isLimitedLocally)
    let state = answer.state
    answer = branch.answer
    // What several did at once is all taken for the time of those who were asked, but for the queue's.
    answer.state = state
    answer.pauses = 0
    answer.upstream = max(0, now - run.startedAt - answer.queued)
  }
}
