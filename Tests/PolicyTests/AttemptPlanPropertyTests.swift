import Policy
import Testing

/// A plan with the world around it: deployment `i` has the pool `pools[i]`.
struct Play {
  private let pools: [[Int]]
  private let models: [Int]
  private(set) var plan: AttemptPlan
  var chance: Chance
  var inFlight: [Int]
  var mayRetry: () -> Bool = { true }

  /// `fallbacks`: of which model each deployment is, 0 for the one that is asked for.
  init(pools: [[Int]], fallbacks: [Int]? = nil, limit: Int, inFlight: [Int] = [], seed: UInt64 = 1) {
    self.pools = pools
    models = fallbacks ?? pools.map { _ in 0 }
    plan = AttemptPlan(
      stages: Set(models).sorted().map { RoutingTable.Stage(model: $0, fallback: $0) }, limit: limit)
    chance = Chance(seed: seed)
    self.inFlight = inFlight
  }

  private var choose: AttemptPlan.Choose {
    { [pools, models, inFlight] model, spent, random in
      let places = pools.indices.filter { models[$0] == model }.flatMap { deployment in
        pools[deployment].map { AttemptPlan.Place(deployment: deployment, endpoint: $0) }
      }
      let options = places.enumerated().map { index, place in
        Balancer.Option(
          position: index, weight: spent.contains(place) ? 0 : 1,
          own: inFlight.indices.contains(place.endpoint) ? inFlight[place.endpoint] : 0)
      }
      return Balancer().choose(options, .fresh, random: &random).map { places[$0] }
    }
  }

  mutating func first() -> AttemptPlan.Step? {
    step(plan.first(random: &chance, choose: choose))
  }

  mutating func next(after verdict: Classification) -> AttemptPlan.Next {
    plan.next(after: verdict, random: &chance, choose: choose, mayRetry: mayRetry)
  }

  mutating func skip(deployment: Bool) -> AttemptPlan.Step? {
    step(plan.skip(deployment: deployment, random: &chance, choose: choose))
  }

  mutating func hedge() -> AttemptPlan.Step? { plan.hedge(random: &chance, choose: choose) }

  mutating func drop(
    _ failed: AttemptPlan.Step, after verdict: Classification, leaving other: AttemptPlan.Step
  ) {
    plan.drop(failed, after: verdict, leaving: other)
  }

  mutating func step(after verdict: Classification) -> AttemptPlan.Step? { step(next(after: verdict)) }

  private func step(_ next: AttemptPlan.Next) -> AttemptPlan.Step? {
    if case .attempt(let step) = next { step } else { nil }
  }
}

/// Plans of random shape under random ends, each step held against what the rules allow.
struct AttemptPlanPropertyTests {
  private static let ends = [200, 400, 401, 408, 409, 429, 500, 503, 529].map { Classification(status: $0) }

  @Test func noPlanBreaksARule() {
    for seed in 0..<10_000 as Range<UInt64> {
      var run = Run(seed: seed)
      run.play()
      if let broken = run.broken {
        Issue.record("seed \(seed): \(broken)")
        return
      }
    }
  }

  private struct Run {
    private var dice: Chance
    private let pools: [[Int]]
    private let limit: Int
    private var world: Play
    private var rules: Rules
    private(set) var broken: String?

    init(seed: UInt64) {
      var dice = Chance(seed: seed)
      var position = 0
      var fallback = 0
      pools = (0..<dice.below(4)).map { _ in
        (0..<dice.below(4)).map { _ in
          position += 1
          return position - 1
        }
      }
      let fallbacks = pools.indices.map { index in
        fallback += index > 0 && dice.below(3) == 0 ? 1 : 0
        return fallback
      }
      limit = 1 + dice.below(6)
      world = Play(pools: pools, fallbacks: fallbacks, limit: limit, seed: seed)
      rules = Rules(pools: pools, fallbacks: fallbacks)
      self.dice = dice
    }

    mutating func play() {
      guard let first = world.first() else {
        broken = pools.allSatisfy(\.isEmpty) ? nil : "no first attempt"
        return
      }
      broken = rules.take(first, after: nil)
      while broken == nil, advance() {}
    }

    /// One end and what follows; false where the plan stops.
    private mutating func advance() -> Bool {
      let end = AttemptPlanPropertyTests.ends[dice.below(AttemptPlanPropertyTests.ends.count)]
      let budget = dice.below(8) > 0
      var asked = 0
      world.mayRetry = {
        asked += 1
        return budget
      }
      let before = world.plan.count
      let next = world.next(after: end)
      guard case .attempt(let step) = next else {
        if next != .stop(expectedStop(end, before, budget)) { broken = "\(next) after \(end.reason)" }
        if world.plan.count != before { broken = "a stop was counted" }
        return false
      }
      if end.retry == .never { broken = "an attempt after the end" }
      if world.plan.count > limit { broken = "more attempts than allowed" }
      if world.plan.count != before + 1 { broken = "an attempt was not counted" }
      if asked != 1 || !budget { broken = "an attempt without the budget's leave" }
      broken = broken ?? rules.take(step, after: end)
      return true
    }

    private func expectedStop(_ end: Classification, _ count: Int, _ budget: Bool) -> AttemptPlan.Stop {
      if end.retry == .never { return .final }
      if count >= limit { return .attemptsSpent }
      if !rules.hasMore(after: end) { return .candidatesSpent }
      return budget ? .final : .budgetSpent
    }
  }
}

/// The rules, kept apart from how the plan follows them: what was tried in this round, and what said "not me" for good.
private struct Rules {
  let pools: [[Int]]
  let fallbacks: [Int]
  private var round: Set<Int> = []
  private var spoilt: Set<Int> = []
  private var last: AttemptPlan.Step?
  private var taken = 0

  init(pools: [[Int]], fallbacks: [Int]) {
    self.pools = pools
    self.fallbacks = fallbacks
  }

  private var untried: [Int] { pools.indices.filter { pools[$0].contains { !isOut($0) } } }
  private func isOut(_ endpoint: Int) -> Bool { round.contains(endpoint) || spoilt.contains(endpoint) }

  func hasMore(after end: Classification) -> Bool {
    if !untried.isEmpty { return true }
    guard end.retry == .anywhere else { return false }
    return pools.contains { $0.contains { !spoilt.contains($0) } }
  }

  /// Takes note of a step, and says which rule it breaks.
  mutating func take(_ step: AttemptPlan.Step, after end: Classification?) -> String? {
    if let last, end?.retry == .elsewhere { spoilt.insert(last.endpoint) }
    taken += 1
    defer { last = step }
    let isSecondRound = untried.isEmpty
    if isSecondRound { round = [] }
    if spoilt.contains(step.endpoint) { return "back to an endpoint that can't do better" }
    if round.contains(step.endpoint) { return "an endpoint twice in one round" }
    if untried.first.map({ fallbacks[$0] }) != step.candidate.fallback { return "the models' order" }
    round.insert(step.endpoint)
    if !pools[step.candidate.deployment].contains(step.endpoint) { return "an endpoint of another pool" }
    let reason: AttemptPlan.Step.Reason =
      fallbacks[step.candidate.deployment] > 0 ? .fallback : end == nil ? .first : .retry
    if step.reason != reason { return "reason \(step.reason), not \(reason)" }
    let ceiling: Int64 = isSecondRound ? min(2_000_000_000, 100_000_000 << Int64(taken - 1)) : 0
    return (0...ceiling).contains(step.backoff) ? nil : "a pause of \(step.backoff) ns"
  }
}
