import Policy

/// A model with three deployments whose answers are worth more or less by the kind of the request, and clients who judge some of them.
///
/// What each answer is worth in the mean is known, so that the learned choice is compared with what others would have come to for the
/// same requests.
struct ChoiceSimulation {
  struct Kind {
    var share: Double
    /// Bytes of its prompts.
    var bytes: ClosedRange<Int>
    var hasCode = false
    var complexity: Double
    /// By deployment: the share of answers that are liked.
    var quality: [Double]
  }

  /// From the cheapest on.
  static let costs = [0.05, 0.3, 1]

  /// Each kind has another best deployment, and length tells the wrong one.
  static let mixed = [
    Kind(share: 0.4, bytes: 40...400, complexity: 0.1, quality: [0.9, 0.92, 0.93]),
    Kind(share: 0.35, bytes: 200...3_000, hasCode: true, complexity: 0.8, quality: [0.2, 0.55, 0.95]),
    Kind(share: 0.25, bytes: 5_000...20_000, complexity: 0.2, quality: [0.85, 0.88, 0.9]),
  ]
  /// The cheapest is the best whatever is asked.
  static let plain = mixed.map { kind in
    var kind = kind
    kind.quality = [0.85, 0.85, 0.85]
    return kind
  }

  /// What a way to choose came to.
  struct Score {
    var worth = 0.0
    var cost = 0.0
    var requests = 0.0

    var mean: Double { worth / max(1, requests) }
    var meanCost: Double { cost / max(1, requests) }

    mutating func add(_ worth: Double, _ cost: Double) {
      self.worth += worth
      self.cost += cost
      requests += 1
    }
  }

  static let baselines = ["random", "cheapest", "best single", "length rule", "oracle"]

  private let kinds: [Kind]
  private let judged: Double
  private(set) var terms = ChoiceTerms()
  private var random: Chance
  private var ledger = ChoiceLedger(arms: 3)
  private var model: ChoiceModel
  private(set) var verdict: ChoiceVerdict
  private var sinceLearning = 0
  /// Of each deployment alone.
  private var singles = [Score](repeating: Score(), count: 3)
  private(set) var scores: [String: Score] = [:]
  private(set) var learned = Score()
  /// What the choice would be worth in truth, as long as there is evidence of it.
  private(set) var truth = Score()
  /// Judged answers after which it first decided.
  private(set) var began: Int?
  private(set) var samples = 0

  /// `judged`: the share of answers that somebody judges.
  init(_ kinds: [Kind], judged: Double, seed: UInt64) {
    (self.kinds, self.judged) = (kinds, judged)
    terms.cost = 0.3
    random = Chance(seed: seed)
    model = ChoiceModel(ledger.sums)
    verdict = ChoiceVerdict(ledger.sums, terms)
  }

  /// What was learned so far counts for the choice from here on; scores begin anew.
  mutating func forgetScores() { (singles, scores, learned) = (singles.map { _ in Score() }, [:], Score()) }

  /// Requests until so many more answers were judged.
  mutating func run(samples more: Int) {
    let end = samples + more
    while samples < end { request() }
  }

  /// The deployment alone that came to most.
  var bestSingle: Score { singles.max { $0.mean < $1.mean } ?? Score() }

  private mutating func request() {
    let kind = draw()
    let bytes = kind.bytes.lowerBound + random.below(kind.bytes.count)
    let features = ChoiceFeatures(facts(kind, bytes))
    let worths = (0..<3).map { terms.reward(quality: kind.quality[$0], cost: Self.costs[$0], wait: 0) }
    let weights = SIMD8<Double>(1, 1, 1, 0, 0, 0, 0, 0)
    let explore = terms.exploration
    guard let drawn = ChoiceOdds(weights: weights, explore: explore),
      let decided = ChoiceOdds(by: model, for: features, weights: weights, explore: explore)
    else { preconditionFailure("nothing can be chosen") }
    let odds = verdict.standing == .steering ? decided : drawn
    let arm = odds.draw(&random)
    count(worths, bytes, arm)
    guard random.unit() < judged else { return }
    samples += 1
    if model.isWarm { truth.add((0..<3).reduce(0) { $0 + decided.shares[$1] * worths[$1] }, 0) }
    let isLiked = random.unit() < kind.quality[arm]
    let context = ChoiceContext(
      features: features, arm: arm, propensity: odds.shares[arm], least: odds.least(of: 3))
    let reward = terms.reward(quality: isLiked ? 1 : 0, cost: Self.costs[arm], wait: 0)
    ledger.learn(reward, context, by: model, explore: explore)
    learnSometimes()
  }

  private mutating func learnSometimes() {
    sinceLearning += 1
    guard sinceLearning == 100 else { return }
    sinceLearning = 0
    model = ChoiceModel(ledger.sums)
    verdict = ChoiceVerdict(ledger.sums, terms)
    if verdict.standing == .steering { began = began ?? samples }
  }

  private mutating func draw() -> Kind {
    var mark = random.unit()
    for kind in kinds {
      mark -= kind.share
      if mark < 0 { return kind }
    }
    return kinds[kinds.count - 1]
  }

  private func facts(_ kind: Kind, _ bytes: Int) -> RequestFacts {
    var facts = RequestFacts(surface: .chatCompletions)
    (facts.textBytes, facts.messages) = (bytes, 1)
    var prompt = PromptFacts()
    (prompt.hasCode, prompt.complexity) = (kind.hasCode, kind.complexity)
    prompt.task = kind.hasCode ? .code : .chat
    facts.prompt = prompt
    return facts
  }

  private mutating func count(_ worths: [Double], _ bytes: Int, _ arm: Int) {
    for single in 0..<3 { singles[single].add(worths[single], Self.costs[single]) }
    learned.add(worths[arm], Self.costs[arm])
    let oracle = worths.indices.max { worths[$0] < worths[$1] } ?? 0
    // Short ones are easy: what people write first.
    let byLength = bytes < 500 ? 0 : bytes < 4_000 ? 1 : 2
    for (name, choice) in [("cheapest", 0), ("length rule", byLength), ("oracle", oracle)] {
      scores[name, default: Score()].add(worths[choice], Self.costs[choice])
    }
    scores["random", default: Score()].add(worths.reduce(0, +) / 3, Self.costs.reduce(0, +) / 3)
    scores["best single"] = bestSingle
  }
}

extension ChoiceSimulation {
  /// A line for each way to choose.
  func table(_ title: String) -> String {
    func row(_ name: String, _ score: Score) -> String {
      let padding = String(repeating: " ", count: max(0, 14 - name.count))
      let numbers = [score.mean, score.meanCost].map { "\(($0 * 1_000).rounded() / 1_000)" }
      return "\(name)\(padding)\(numbers.joined(separator: "   "))"
    }
    let state =
      "\(verdict.standing.rawValue), first decided after \(began.map { "\($0)" } ?? "none") of \(samples) judged answers,"
      + " gain \(verdict.lower)...\(verdict.upper)"
    let rows = Self.baselines.map { row($0, scores[$0] ?? Score()) } + [row("learned", learned)]
    return (["\(title): \(state)", "              worth   cost"] + rows).joined(separator: "\n")
  }
}
