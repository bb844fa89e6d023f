import Policy
import Telemetry
import Upstream

/// What an exchange teaches of the deployment that was drawn for it.
extension Worker {
  /// Keeps what was drawn before the first attempt; what is chosen later is chosen of what is left, by load.
  func noteDrawn(by view: PoolView, ofModel model: Int, _ exchange: Exchange) {
    guard exchange.attempts == 0, view.pool.learned != nil || exchange.drawn != nil else { return }
    exchange.drawn = view.pool.learned == nil ? nil : view.drawn
    exchange.drawn?.model = model
    // What is drawn again, as the first could not be used, is not chosen by its odds alone, and is no evidence.
    if exchange.hasDrawn {
      exchange.drawn?.isAgain = true
      exchange.drawn?.context.least = 0
    }
    if exchange.drawn != nil { exchange.hasDrawn = true }
  }

  /// At its end, where that says enough: an answer is worth 1, a provider's failure nothing, and neither is what the client ended.
  func learnOutcome(_ exchange: Exchange, _ source: ErrorSource) {
    guard let drawn = exchange.drawn, let learned = exchange.snapshot.pools[drawn.model].learned,
      learned.terms.quality == .outcome, let quality = exchange.quality(of: drawn, in: learned, source)
    else { return }
    // What failed costs nothing, and its time is that of the failure.
    let worth = quality == 0 ? 0 : reward(quality, drawn, learned, exchange)
    learned.desk.learn(worth, drawn.context, learned.terms)
  }

  /// What feedback says of the deployment that gave the answer; false where it teaches nothing any more.
  func learn(from feedback: Feedback, _ choice: FeedbackTicket.Choice?, _ snapshot: Snapshot) -> Bool {
    guard let choice, let grade = feedback.grade,
      let learned = snapshot.pools.lazy.compactMap(\.learned).first(where: { $0.model == choice.model }),
      learned.terms.quality == .feedback, learned.desk.edition == choice.edition
    else { return false }
    let quality = Double(grade.value) / Double(Feedback.Grade.best)
    learned.desk.learn(quality - choice.penalty, choice.context, learned.terms)
    return true
  }

  /// What a ticket says of the choice, so that whoever judges the answer teaches something; nil where it would not.
  func choice(answeredBy attempt: Attempt, _ exchange: Exchange) -> FeedbackTicket.Choice? {
    guard let drawn = exchange.drawn, let learned = exchange.snapshot.pools[drawn.model].learned,
      learned.terms.quality == .feedback, attempt.head.status < 300,
      exchange.isAnswered(by: drawn, in: learned)
    else { return nil }
    return FeedbackTicket.Choice(
      model: learned.model, edition: learned.desk.edition, context: drawn.context,
      penalty: -reward(0, drawn, learned, exchange))
  }

  private func reward(
    _ quality: Double, _ drawn: DrawnDeployment, _ learned: LearnedPool, _ exchange: Exchange
  ) -> Double {
    var cost = 0.0
    if learned.terms.cost > 0, let facts = exchange.facts {
      let estimator = estimators[learned.model.name] ?? TokenEstimator()
      cost = learned.costShare(
        of: drawn.context.arm, input: estimator.input(facts), output: estimator.output(facts),
        at: exchange.beganAt)
    }
    return learned.terms.reward(
      quality: quality, cost: cost, wait: Double(exchange.answer.upstream) / 1_000_000)
  }
}

extension Exchange {
  /// The deployment that was drawn has answered, at once and alone.
  fileprivate func isAnswered(by drawn: DrawnDeployment, in learned: LearnedPool) -> Bool {
    attempts == 1 && hedge == nil && answer.candidate?.model == drawn.model
      && answer.candidate?.deployment == learned.deployments[drawn.context.arm]
  }

  /// Nil where its end says nothing of the deployment that was drawn.
  fileprivate func quality(of drawn: DrawnDeployment, in learned: LearnedPool, _ source: ErrorSource)
    -> Double?
  {
    guard attempts > 0, hedge == nil, !isGone, !answer.isFromCache, !answer.isFollowed else { return nil }
    return drawn.quality(attempts: attempts, isAlone: isAnswered(by: drawn, in: learned), source)
  }

  /// How often the deployment that was asked is chosen for such a request, in millionths, for the log: nil where its draw is not all that
  /// there was.
  var propensity: Int64? {
    guard let drawn, !drawn.isAgain, attempts == 1, hedge == nil else { return nil }
    return Int64((drawn.context.propensity * 1_000_000).rounded())
  }
}
