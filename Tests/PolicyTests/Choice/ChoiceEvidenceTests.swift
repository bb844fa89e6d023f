import Testing

@testable import Policy

/// Off-policy evaluation, and what may decide by it.
struct ChoiceEvidenceTests {
  private let explore = 0.1

  /// One that has learned something wrong of every arm.
  private func model(arms: Int = 3, samples: Int = 40) -> (ChoiceModel, ChoiceFeatures) {
    var (sums, chance) = (ChoiceSums(arms: arms), Chance(seed: 11))
    var features = ChoiceFeatures(RequestFacts(surface: .completions))
    for turn in 0..<arms * samples {
      var facts = RequestFacts(surface: .completions)
      facts.textBytes = chance.below(9_000)
      features = ChoiceFeatures(facts)
      sums.add(chance.unit() * 3 - 1, of: turn % arms, for: features)
    }
    return (ChoiceModel(sums), features)
  }

  /// Whatever was learned, the mean over what may be drawn is what choices are worth.
  @Test func itIsRightInTheMeanHoweverWrongTheModelIs() throws {
    let (model, features) = model()
    let (truth, shares) = ([0.2, 0.9, 0.5], [0.7, 0.1, 0.2])
    let best = try #require(model.best(for: features, weights: SIMD8(repeating: 1)))
    let own = (1 - explore) * truth[best] + explore * truth.reduce(0, +) / 3
    var (worth, leads) = (0.0, [0.0, 0.0, 0.0])
    for arm in 0..<3 {
      let context = ChoiceContext(features: features, arm: arm, propensity: shares[arm], least: 0.1)
      let evidence = try #require(model.evidence(of: truth[arm], context, explore: explore))
      #expect(evidence.weight == 0.1)
      worth += shares[arm] * evidence.worth
      for rival in 0..<3 { leads[rival] += shares[arm] * evidence.leads[rival] }
    }
    #expect(abs(worth - own) < 1e-9)
    for rival in 0..<3 { #expect(abs(leads[rival] - (own - truth[rival])) < 1e-9, "\(rival)") }
  }

  @Test func whatCouldNotBeChosenOtherwiseIsNoEvidence() {
    let (model, features) = model()
    let context = ChoiceContext(features: features, arm: 0, propensity: 1, least: 0)
    #expect(model.evidence(of: 1, context, explore: explore) == nil)
    let (young, others) = self.model(samples: 31)
    let full = ChoiceContext(features: others, arm: 0, propensity: 0.4, least: 0.2)
    #expect(young.evidence(of: 1, full, explore: explore) == nil)
  }

  /// What stands in the shared state may be anybody's: whatever it is, nothing that is no number is learned from it.
  @Test func whatMakesNoNumberIsNoEvidence() throws {
    var words = ChoiceSums(arms: 1).text.split(separator: " ").map(String.init)
    for place in words.indices { words[place] = "3e38" }
    let foreign = try #require(ChoiceSums(text: words.joined(separator: " "), arms: 1))
    let model = ChoiceModel(foreign)
    let features = ChoiceFeatures(values: SIMD32(repeating: 1))
    let context = ChoiceContext(features: features, arm: 0, propensity: 1, least: 1)
    var own = ChoiceSums(arms: 1)
    own.learn(0.5, context, by: model, explore: explore)
    #expect(own.samples == 1 && !own.text.contains("n"), "neither nan nor inf")
  }

  @Test func figuresCanBeShownWhateverWasTold() throws {
    var words = ChoiceSums(arms: 1).text.split(separator: " ").map(String.init)
    for place in words.indices { words[place] = "3e38" }
    words[words.count - 2] = "1e-37"
    for sign in ["", "-"] {
      words[words.count - 3] = sign + "3e38"
      let sums = try #require(ChoiceSums(text: words.joined(separator: " "), arms: 1))
      let verdict = ChoiceVerdict(sums, ChoiceTerms())
      #expect((0...1e15).contains(verdict.looks))
      for figure in [verdict.gain, verdict.lower, verdict.upper] { #expect(abs(figure) <= 1_000) }
    }
  }

  // MARK: The verdict

  private func sums(_ count: Int, leads: (Int) -> (Double, Double)) -> ChoiceSums {
    var sums = ChoiceSums(arms: 2)
    for turn in 0..<count {
      let (one, other) = leads(turn)
      let evidence = ChoiceEvidence(
        weight: 0.5, worth: 0.8, leads: SIMD8(one, other, 0, 0, 0, 0, 0, 0))
      sums.add(evidence)
    }
    return sums
  }

  @Test func itDecidesWhereItBeatsEachDeployment() {
    // Noise of ±0.5 around 0.3 and 0.2.
    let better = sums(3_000) { $0 % 2 == 0 ? (0.8, -0.3) : (-0.2, 0.7) }
    let verdict = ChoiceVerdict(better, ChoiceTerms())
    #expect(verdict.standing == .steering && verdict.rival == 1 && verdict.looks == 3_000)
    #expect(abs(verdict.gain - 0.2) < 1e-9 && verdict.lower > 0.1 && verdict.upper < 0.3)
    #expect(abs((verdict.rivalWorth ?? 0) - 0.6) < 1e-9)
    #expect(ChoiceVerdict(better, ChoiceTerms(), isStopped: true).standing == .stopped)
    var never = ChoiceTerms()
    never.steering = .never
    #expect(ChoiceVerdict(better, never).standing == .stopped)
  }

  @Test func beatingOneDeploymentOfTwoIsNotEnough() {
    let verdict = ChoiceVerdict(sums(5_000) { $0 % 2 == 0 ? (0.9, 0.5) : (0.1, -0.5) }, ChoiceTerms())
    #expect(verdict.standing == .idle && verdict.rival == 1)
    #expect(verdict.lower < 0)
  }

  @Test func tooLittleIsKnownAtFirst() {
    #expect(ChoiceVerdict(ChoiceSums(arms: 2), ChoiceTerms()).standing == .gathering)
    #expect(ChoiceVerdict(sums(999) { _ in (0.5, 0.5) }, ChoiceTerms()).standing == .gathering)
    #expect(ChoiceVerdict(sums(1_000) { _ in (0.5, 0.5) }, ChoiceTerms()).standing == .steering)
  }

  /// One that always chooses the same deployment is that deployment.
  @Test func aChoiceThatIsADeploymentDoesNotBeatIt() {
    #expect(ChoiceVerdict(sums(100_000) { _ in (0, 0.4) }, ChoiceTerms()).standing == .idle)
  }

  @Test func whatHeldBeforeDoesNotHoldForEver() {
    var sums = sums(3_000) { $0 % 2 == 0 ? (0.6, 0.7) : (-0.1, -0.2) }
    #expect(ChoiceVerdict(sums, ChoiceTerms()).standing == .steering)
    for _ in 0..<4 { sums.fadeEvidence(by: 0.5) }
    #expect(ChoiceVerdict(sums, ChoiceTerms()).standing == .gathering)
  }

  @Test func aRewardIsQualityLessCostAndTime() {
    var terms = ChoiceTerms()
    (terms.cost, terms.latency, terms.slo) = (0.4, 0.1, .seconds(2))
    func reward(_ quality: Double, _ cost: Double, _ wait: Double) -> Double {
      (terms.reward(quality: quality, cost: cost, wait: wait) * 1e6).rounded() / 1e6
    }
    #expect(reward(1, 0, 2_000) == 1)
    #expect(reward(1, 0.5, 0) == 0.8)
    #expect(reward(0.5, 0, 3_000) == 0.45)
    #expect(reward(0, 7, 90_000) == -0.5)
  }

  @Test func anEditionIsOfItsDeploymentsAndOfWhatAnAnswerIsWorth() {
    let terms = ChoiceTerms()
    var (dearer, bolder) = (terms, terms)
    (dearer.cost, bolder.explore, bolder.minSamples) = (0.3, 900, 5_000)
    #expect(terms.edition(of: ["a", "b"]).utf8.count == 16)
    #expect(terms.edition(of: ["a", "b"]) != terms.edition(of: ["ab"]))
    #expect(terms.edition(of: ["a", "b"]) != dearer.edition(of: ["a", "b"]))
    #expect(terms.edition(of: ["a", "b"]) == bolder.edition(of: ["a", "b"]))
  }
}
