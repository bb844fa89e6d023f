/// Judges one stage of a rollout from the counts of its seconds, by a `PromotionRule`.
///
/// Seconds are folded once each and in order; what is known so far is `fields`, from which any leader continues to the same verdict.
package struct StageJudge: Equatable, Sendable {
  package let rule: PromotionRule
  private var harm: [RolloutMetric: SequentialTest]
  private var pass: [RolloutMetric: PassTest]
  private var first = FirstRequests()
  private var costs = (canary: Moments(), baseline: Moments())
  /// Once shown, however the costs go on.
  private var isDear = false
  package private(set) var requests: Int64 = 0
  /// Answers of the canary that somebody judged.
  package private(set) var graded: Int64 = 0
  /// Not weighed yet: seldom has a second some of both arms.
  private var grades = GatheredCounts()

  /// What all replicas counted in one second.
  package struct Second: Sendable {
    package var counts: [RolloutMetric: ArmCounts]
    /// Clipped.
    package var canaryCosts: Moments
    package var baselineCosts: Moments

    package init(
      _ counts: [RolloutMetric: ArmCounts], canaryCosts: Moments = .init(), baselineCosts: Moments = .init()
    ) {
      (self.counts, self.canaryCosts, self.baselineCosts) = (counts, canaryCosts, baselineCosts)
    }
  }

  package init(_ rule: PromotionRule) {
    self.rule = rule
    harm = rule.metrics.mapValues { SequentialTest(RateHypothesis(.harmless, $0.harmRatio)) }
    pass = rule.metrics.compactMapValues { metric in
      metric.passRatio.map { PassTest(ratio: $0, negligible: metric.negligible) }
    }
  }

  package mutating func fold(_ second: Second) {
    for (metric, counts) in second.counts {
      guard let counts = metric == .lowq ? grades.take(counts) : counts else { continue }
      harm[metric]?.fold(counts)
      pass[metric]?.fold(counts)
    }
    costs.canary += second.canaryCosts
    costs.baseline += second.baselineCosts
    isDear = isDear || rule.cost.isHarmful(costs.canary, costs.baseline, alpha: rule.harmLevel)
    if let grades = second.counts[.lowq] {
      graded = min(graded + min(grades.canary.exposures, 1 << 40), 1 << 50)
    }
    guard let all = second.counts[.err] else { return }
    first.fold(all)
    requests = min(requests + min(all.canary.exposures, 1 << 40), 1 << 50)
  }

  /// The verdict of a stage that has gone on for `elapsed`. Of several kinds of harm it names one, the same on any machine.
  package func verdict(elapsed: Duration) -> StageVerdict {
    if let harm = foundHarm { return .rollBack(harm) }
    let needs = needs(elapsed)
    if needs.isEmpty { return .promote }
    return elapsed >= rule.mostTime ? .inconclusive(needs) : .gathering(needs)
  }

  /// ln of the evidence that a metric shows harm: a rollback at −ln `rule.harmLevel`.
  package func logEvidence(ofHarmBy metric: RolloutMetric) -> Double? { harm[metric]?.logEvidence }

  private var foundHarm: StageHarm? {
    if first.isBroken { return .firstRequests }
    for metric in RolloutMetric.allCases where harm[metric]?.hasRefuted(at: rule.harmLevel) == true {
      return .metric(metric)
    }
    return isDear ? .costs : nil
  }

  private func needs(_ elapsed: Duration) -> [StageNeed] {
    var needs: [StageNeed] = []
    if requests < rule.leastRequests { needs.append(.requests(rule.leastRequests - requests)) }
    if elapsed < rule.leastTime { needs.append(.time(rule.leastTime - elapsed)) }
    for metric in RolloutMetric.allCases where pass[metric]?.passes(at: rule.passLevel) == false {
      if metric != .lowq || graded >= rule.leastRequests { needs.append(.metric(metric)) }
    }
    let (canary, baseline) = costs
    if CostGuard.isOf(canary, baseline),
      !rule.cost.passes(canary, baseline, alpha: rule.passLevel)
    {
      needs.append(.costs)
    }
    return needs
  }

  package static func == (a: StageJudge, b: StageJudge) -> Bool {
    a.rule == b.rule && a.harm == b.harm && a.pass == b.pass && a.first == b.first && a.costs == b.costs
      && a.isDear == b.isDear && a.requests == b.requests && a.graded == b.graded && a.grades == b.grades
  }
}

// MARK: Fields

extension StageJudge {
  /// What is known so far, exactly, as fields of a hash: `harm.err`, `pass.err`, `first`, `requests`, `costs.canary` …
  package var fields: [String: String] {
    var fields = [
      "first": first.text, "requests": "\(requests)", "graded": "\(graded)", "dear": isDear ? "1" : "0",
      "grades": grades.text,
      "costs.canary": costs.canary.text, "costs.baseline": costs.baseline.text,
    ]
    for (metric, test) in harm { fields["harm.\(metric.rawValue)"] = test.text }
    for (metric, test) in pass { fields["pass.\(metric.rawValue)"] = test.text }
    return fields
  }

  /// Continues from `fields`. Where a test is of another ratio than the rule's, or not there, that test begins again; nil where anything
  /// else is not as it was written.
  package init?(_ rule: PromotionRule, fields: [String: String]) {
    self.init(rule)
    guard let first = fields["first"].flatMap(FirstRequests.init), let dear = fields["dear"],
      let requests = fields["requests"].flatMap(Int64.init), 0...(1 << 50) ~= requests,
      let canary = fields["costs.canary"].flatMap(Moments.init),
      let baseline = fields["costs.baseline"].flatMap(Moments.init)
    else { return nil }
    (self.first, self.requests, isDear, costs) = (first, requests, dear == "1", (canary, baseline))
    // A release that knew no grades has none.
    graded = min(max(0, fields["graded"].flatMap(Int64.init) ?? 0), 1 << 50)
    grades = fields["grades"].flatMap { GatheredCounts(text: $0) } ?? GatheredCounts()
    for (metric, terms) in rule.metrics {
      let hypothesis = RateHypothesis(.harmless, terms.harmRatio)
      if let test = fields["harm.\(metric.rawValue)"].flatMap({ SequentialTest(hypothesis, text: $0) }) {
        harm[metric] = test
      }
      guard let ratio = terms.passRatio, let text = fields["pass.\(metric.rawValue)"] else { continue }
      if let test = PassTest(ratio: ratio, negligible: terms.negligible, text: text) { pass[metric] = test }
    }
  }
}
