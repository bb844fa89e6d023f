import CMallocs
import Glibc
import Policy

/// What a learned choice takes: to know a request by its numbers and draw a deployment, and to learn what the answer was worth.
enum Choices {
  private static let requests = 512
  private static let rounds = 200

  static func measure() {
    print("\nlearned choices: median and worst of \(rounds) rounds")
    print("arms  ns/choice  mallocs/choice  ns/answer learned  µs/refresh")
    for arms in [2, 3, 8] { measure(arms) }
  }

  private static func measure(_ arms: Int) {
    var chance = Chance(seed: 17)
    let facts = (0..<requests).map { _ in someFacts(&chance) }
    var weights = SIMD8<Double>.zero
    for arm in 0..<arms { weights[arm] = 1 }
    var ledger = ChoiceLedger(arms: arms)
    var model = ChoiceModel(ledger.sums)
    var contexts = facts.map { draw($0, model, weights, arms, &chance) }
    let learning = time(rounds) { learn(contexts, &ledger, model) }
    let refreshing = time(rounds) { model = ChoiceModel(ledger.sums) }
    let mallocs = counted_mallocs()
    let choosing = time(rounds) {
      for (place, facts) in facts.enumerated() {
        contexts[place] = draw(facts, model, weights, arms, &chance)
      }
    }
    let allocated = Double(counted_mallocs() - mallocs) / Double(rounds * requests)
    let each = choosing.map { $0 / Int64(requests) }
    print(
      "\(arms)     \(each[rounds / 2]) \(each[rounds - 1])  \(allocated)  \(learning[rounds / 2] / Int64(requests))  "
        + "\(refreshing[rounds / 2] / 1_000)")
  }

  private static func draw(
    _ facts: RequestFacts, _ model: ChoiceModel, _ weights: SIMD8<Double>, _ arms: Int, _ chance: inout Chance
  ) -> ChoiceContext {
    let features = ChoiceFeatures(facts)
    guard let odds = ChoiceOdds(by: model, for: features, weights: weights, explore: 0.05) else {
      preconditionFailure("nothing can be chosen")
    }
    let arm = odds.draw(&chance)
    return ChoiceContext(
      features: features, arm: arm, propensity: odds.shares[arm], least: odds.least(of: arms))
  }

  private static func learn(_ contexts: [ChoiceContext], _ ledger: inout ChoiceLedger, _ model: ChoiceModel) {
    for context in contexts { ledger.learn(0.5, context, by: model, explore: 0.05) }
  }

  private static func someFacts(_ chance: inout Chance) -> RequestFacts {
    var facts = RequestFacts(surface: .chatCompletions)
    (facts.textBytes, facts.messages, facts.stream) = (chance.below(9_000), 1 + chance.below(6), true)
    var prompt = PromptFacts()
    (prompt.complexity, prompt.hasCode) = (chance.unit(), chance.below(3) == 0)
    prompt.signals = ComplexitySignal.allCases.map { _ in chance.unit() }
    prompt.task = TaskKind.allCases[chance.below(TaskKind.allCases.count)]
    prompt.language = "en"
    facts.prompt = prompt
    return facts
  }

  /// Nanoseconds of so many rounds, in their order.
  private static func time(_ rounds: Int, _ body: () -> Void) -> [Int64] {
    var times = [Int64](repeating: 0, count: rounds)
    for round in times.indices {
      let start = now()
      body()
      times[round] = now() - start
    }
    return times.sorted()
  }

  private static func now() -> Int64 {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
  }
}
