/// What becomes of a candidate, second by second. It is asked by the leader and changes nothing itself.
package struct RolloutMachine: Sendable {
  package let rules: RolloutRules

  package init(_ rules: RolloutRules) { self.rules = rules }

  /// What is known of a candidate at one instant.
  package struct Sight: Sendable {
    /// Of the step that it is in, from the second in which its thresholds were frozen.
    package var verdict: StageVerdict
    /// Of the baseline, since the step began.
    package var baseline: BaselineSketches
    package var isVetoed = false
    /// The breakers of all its endpoints are open by their rate of failures.
    package var isCutOff = false
    /// It has passed the evaluation that is wanted before it serves, or none is wanted.
    package var mayServe = true

    package init(verdict: StageVerdict, baseline: BaselineSketches = .init()) {
      (self.verdict, self.baseline) = (verdict, baseline)
    }
  }

  package enum Action: Equatable, Sendable {
    case none
    /// The step begins: its weight, and what slow and dear mean from now on.
    case begin(Thresholds, Weight)
    /// To the next step, or to ACTIVE behind the last one.
    case goOn
    case hold
    case rollBack(RolloutHarm)
  }

  /// Harm comes first, then a person's word, then what is proved.
  package func decide(_ candidate: RolloutState.Candidate, _ sight: Sight, now: Int64) -> Action {
    if sight.isVetoed { return .rollBack(.veto) }
    if case .rollBack(let harm) = sight.verdict { return .rollBack(.stage(harm)) }
    // Of copies every failure is counted as it is, and they open no breaker.
    if sight.isCutOff, candidate.phase == .canary, candidate.weight > .zero { return .rollBack(.breaker) }
    guard candidate.hold != .paused else { return .none }
    // Another configuration makes no copies any more: nothing would ever be known.
    if candidate.phase == .shadow, !rules.shadows { return .goOn }
    guard candidate.thresholds != nil else { return measure(candidate, sight.baseline, now: now) }
    switch sight.verdict {
    case .promote: return candidate.isAtLastStep(of: rules) && !sight.mayServe ? .none : .goOn
    case .inconclusive: return candidate.hold == nil ? .hold : .none
    case .gathering, .rollBack: return .none
    }
  }

  /// Before each step the baseline is measured, while the weight stays what it was.
  private func measure(_ candidate: RolloutState.Candidate, _ baseline: BaselineSketches, now: Int64)
    -> Action
  {
    guard baseline.requests >= rules.minRequests || now - candidate.since >= rules.measuring else {
      return .none
    }
    let step = min(candidate.step, rules.steps.count - 1)
    let weight = candidate.phase == .shadow ? rules.shadowShare : rules.steps[step]
    return .begin(baseline.thresholds, weight)
  }
}

/// Why a candidate is rolled back.
package enum RolloutHarm: Equatable, Sendable {
  case veto
  case breaker
  case byHand
  case stage(StageHarm)

  /// In the audit, and in metrics.
  package var word: String {
    switch self {
    case .veto: "veto"
    case .breaker: "breaker"
    case .byHand: "by_hand"
    case .stage(.firstRequests): "first_requests"
    case .stage(.costs): "cost"
    case .stage(.metric(let metric)): metric.rawValue
    }
  }
}

/// What the baseline was like: milliseconds, micro-dollars, tokens, and millionths of the best grade.
package struct BaselineSketches: Equatable, Sendable {
  package var latency = QuantileSketch()
  package var firstToken = QuantileSketch()
  package var cost = QuantileSketch()
  /// Of answers.
  package var length = QuantileSketch()
  package var grade = QuantileSketch()

  package init() {}

  package var requests: Int64 { latency.count }

  package var thresholds: Thresholds {
    var thresholds = Thresholds()
    thresholds.slow95 = Self.threshold(latency, 0.95)
    thresholds.slow99 = Self.threshold(latency, 0.99)
    thresholds.ttft95 = Self.threshold(firstToken, 0.95)
    thresholds.cost90 = Self.threshold(cost, 0.9)
    thresholds.cost99 = Self.threshold(cost, 0.99)
    thresholds.long95 = Self.threshold(length, 0.95)
    thresholds.lowq10 = lowGrade
    return thresholds
  }

  /// The lower end of the bin that the p10 is in: grades are few and round, and whatever most of the baseline's are is not low.
  private var lowGrade: Int64? {
    guard grade.count >= 20, let value = grade.quantile(0.1) else { return nil }
    return value > 0 ? Int64((value / (1 + QuantileSketch.accuracy)).rounded(.down)) + 1 : 0
  }

  /// Fewer than twenty values have no p95.
  private static func threshold(_ sketch: QuantileSketch, _ fraction: Double) -> Int64? {
    guard sketch.count >= 20, let value = sketch.quantile(fraction) else { return nil }
    return Int64(min(value.rounded(.up), 1e15))
  }
}
