import Policy
import Testing

struct AttemptPlanTests {
  private let elsewhere = Classification(status: 429)
  private let anywhere = Classification(status: 503)

  @Test func theFirstAttemptGoesToTheModelThatWasAskedFor() {
    var play = Play(pools: [[0, 1], [2]], fallbacks: [0, 1], limit: 3)
    let step = play.first()
    #expect(step?.candidate == .init(model: 0, deployment: 0, fallback: 0))
    #expect(step?.reason == .first)
    #expect(step?.backoff == 0)
    #expect(play.plan.count == 1)
  }

  @Test func anUntriedEndpointOfTheSameModelComesBeforeItsFallbacks() {
    for seed in 0..<100 as Range<UInt64> {
      var play = Play(pools: [[0, 1], [2], [3]], fallbacks: [0, 0, 1], limit: 9, seed: seed)
      var endpoints = [play.first()?.endpoint]
      for _ in 0..<3 { endpoints.append(play.step(after: elsewhere)?.endpoint) }
      #expect(Set(endpoints.prefix(3)) == [0, 1, 2])
      #expect(endpoints.last == 3)
    }
  }

  @Test func theLeastLoadedEndpointOfAllDeploymentsIsTriedFirst() {
    var play = Play(pools: [[0], [1, 2]], limit: 3, inFlight: [5, 1, 3])
    #expect(play.first()?.endpoint == 1)
    #expect(play.step(after: elsewhere)?.endpoint == 2)
    #expect(play.step(after: elsewhere)?.endpoint == 0)
  }

  @Test func elsewhereNeverComesBackToAnEndpoint() {
    var play = Play(pools: [[0, 1], [2]], limit: 99)
    var endpoints = [play.first()?.endpoint]
    for _ in 0..<2 { endpoints.append(play.step(after: elsewhere)?.endpoint) }
    #expect(Set(endpoints) == [0, 1, 2])
    #expect(play.next(after: elsewhere) == .stop(.candidatesSpent))
  }

  @Test func anywhereComesBackToTheFirstModelAfterAPause() {
    var play = Play(pools: [[0], [1]], fallbacks: [0, 1], limit: 99)
    _ = play.first()
    #expect(play.step(after: anywhere)?.backoff == 0)
    let again = play.step(after: anywhere)
    #expect(again?.endpoint == 0)
    #expect(again?.reason == .retry)
    #expect(play.step(after: anywhere)?.endpoint == 1)
  }

  /// An endpoint that said "not me" (a refused credential, say) gains nothing by a second try, whatever others said meanwhile.
  @Test func anywhereDoesNotComeBackToAnEndpointThatEndedElsewhere() {
    var play = Play(pools: [[0], [1]], fallbacks: [0, 1], limit: 99)
    #expect(play.first()?.endpoint == 0)
    #expect(play.step(after: Classification(status: 401))?.endpoint == 1)
    #expect(play.step(after: anywhere)?.endpoint == 1)
    #expect(play.step(after: anywhere)?.endpoint == 1, "nor in any later round")
  }

  @Test func pausesAreFullJitterBelowADoublingCeiling() {
    var chance = Chance(seed: 9)
    for (n, ceiling) in [100, 200, 400, 800, 1600, 2000, 2000, 2000].enumerated() {
      let pauses = (0..<2000).map { _ in AttemptPlan.backoff(attempt: n, random: &chance) / 1000 }
      let limit = Int64(ceiling) * 1000
      #expect(pauses.allSatisfy { (0...limit).contains($0) })
      // All of the range is used: none of 2,000 draws in the lowest or highest tenth has a chance of 10⁻⁹¹.
      #expect(pauses.contains { $0 < limit / 10 } && pauses.contains { $0 > limit * 9 / 10 })
    }
    #expect((0...2_000_000_000).contains(AttemptPlan.backoff(attempt: .max, random: &chance)))
    #expect((0...100_000_000).contains(AttemptPlan.backoff(attempt: -1, random: &chance)))
  }

  @Test func oneCapHoldsForRetriesAndFallbacksTogether() {
    var play = Play(pools: [[0, 1], [2, 3]], fallbacks: [0, 1], limit: 3)
    _ = play.first()
    #expect(play.step(after: anywhere)?.reason == .retry)
    #expect(play.step(after: anywhere)?.reason == .fallback)
    #expect(play.next(after: anywhere) == .stop(.attemptsSpent))
    #expect(play.plan.count == 3)
  }

  @Test func theBudgetIsNotAskedWhereNothingCanBeTried() {
    let asks: () -> Bool = {
      Issue.record("asked")
      return true
    }
    for (end, limit, stop) in [
      (.success, 2, .final), (elsewhere, 2, .candidatesSpent), (anywhere, 1, .attemptsSpent),
    ] as [(Classification, Int, AttemptPlan.Stop)] {
      var play = Play(pools: [[0]], limit: limit)
      _ = play.first()
      play.mayRetry = asks
      #expect(play.next(after: end) == .stop(stop))
    }
  }

  @Test func aRefusedBudgetChangesNothing() {
    for pools in [[[0], [1]], [[0]]] {
      var play = Play(pools: pools, fallbacks: Array(pools.indices), limit: 5)
      _ = play.first()
      play.mayRetry = { false }
      for _ in 0..<3 {
        #expect(play.next(after: anywhere) == .stop(.budgetSpent))
        #expect(play.plan.count == 1)
      }
      play.mayRetry = { true }
      #expect(play.step(after: anywhere)?.endpoint == (pools.count == 2 ? 1 : 0))
      #expect(play.plan.count == 2)
    }
  }

  @Test func aSkippedDeploymentIsNoAttempt() {
    var play = Play(pools: [[0, 1], [2]], limit: 1, inFlight: [0, 0, 9])
    _ = play.first()
    #expect(play.skip(deployment: true)?.endpoint == 2, "its other endpoint is passed over too")
    #expect(play.plan.count == 1)
    #expect(play.next(after: anywhere) == .stop(.attemptsSpent))
  }

  @Test func aSkippedEndpointLeavesItsDeployment() {
    var play = Play(pools: [[0, 1], [2]], limit: 3, inFlight: [0, 0, 9])
    let first = play.first()?.endpoint
    let second = play.skip(deployment: false)
    #expect(Set([first, second?.endpoint]) == [0, 1])
    #expect(second?.reason == .first)
    #expect(play.skip(deployment: false)?.endpoint == 2)
    #expect(play.skip(deployment: false) == nil)
    #expect(play.plan.count == 0)
  }

  /// A version on trial costs one attempt, however many endpoints it has.
  @Test func whatIsOnTrialIsTriedOnce() {
    let stages = [RoutingTable.Stage(model: 0, fallback: 0, isTrial: true), .init(model: 1, fallback: 1)]
    var (plan, random) = (AttemptPlan(stages: stages, limit: 4), Chance(seed: 1))
    let choose: AttemptPlan.Choose = { model, spent, _ in
      let places = (0..<2).map { AttemptPlan.Place(deployment: model, endpoint: model * 2 + $0) }
      return places.first { !spent.contains($0) }
    }
    func endpoint(_ next: AttemptPlan.Next) -> Int? {
      guard case .attempt(let step) = next else { return nil }
      return step.endpoint
    }
    func next(_ verdict: Classification) -> Int? {
      endpoint(plan.next(after: verdict, random: &random, choose: choose, mayRetry: { true }))
    }
    #expect(endpoint(plan.first(random: &random, choose: choose)) == 0)
    #expect(endpoint(plan.skip(deployment: false, random: &random, choose: choose)) == 1, "it was not tried")
    #expect([next(anywhere), next(anywhere), next(anywhere)] == [2, 3, 2], "nor is it when all begins anew")
    #expect(next(anywhere) == nil)
  }

  /// Endpoints that are full are chosen once they aren't, as if nobody had looked before.
  @Test func whatWasFullIsChosenOnceThereIsRoom() {
    let stages = [RoutingTable.Stage(model: 0, fallback: 0), .init(model: 1, fallback: 1)]
    var (plan, random) = (AttemptPlan(stages: stages, limit: 3), Chance(seed: 1))
    var open: Set<Int> = []
    let choose: AttemptPlan.Choose = { model, spent, _ in
      let place = AttemptPlan.Place(deployment: model, endpoint: model)
      return open.contains(model) && !spent.contains(place) ? place : nil
    }
    func again(tookStep: Bool = false, mayRetry: Bool = true) -> AttemptPlan.Next {
      plan.again(tookStep: tookStep, random: &random, choose: choose, mayRetry: { mayRetry })
    }
    #expect(plan.first(random: &random, choose: choose) == .stop(.candidatesSpent))
    #expect(again() == .stop(.candidatesSpent))
    open = [0]
    func isAttempt(_ next: AttemptPlan.Next, _ model: Int, _ reason: AttemptPlan.Step.Reason) -> Bool {
      guard case .attempt(let step) = next else { return false }
      return step.candidate.model == model && step.endpoint == model && step.reason == reason
    }
    #expect(isAttempt(again(mayRetry: false), 0, .first), "the first attempt needs no budget")
    // Somebody else was faster.
    open = [1]
    #expect(isAttempt(again(tookStep: true, mayRetry: false), 1, .fallback))
    open = [0]
    #expect(isAttempt(again(tookStep: true), 0, .first) && plan.count == 1)
    // It fails, and what could be tried next is full.
    open = []
    #expect(plan.next(after: anywhere, random: &random, choose: choose) { true } == .stop(.candidatesSpent))
    open = [0]
    #expect(again(mayRetry: false) == .stop(.budgetSpent) && plan.count == 1)
    #expect(isAttempt(again(), 0, .retry) && plan.count == 2)
  }

  @Test func emptyPoolsArePassedOver() {
    var play = Play(pools: [[], [3], []], limit: 3)
    #expect(play.first()?.endpoint == 3)
    #expect(play.next(after: elsewhere) == .stop(.candidatesSpent))
  }

  @Test func withoutAnEndpointThereIsNoAttempt() {
    var none = Play(pools: [], limit: 3)
    #expect(none.first() == nil)
    var empty = Play(pools: [[], []], limit: 3)
    #expect(empty.first() == nil)
    #expect(empty.next(after: anywhere) == .stop(.candidatesSpent))
    #expect(empty.plan.count == 0)
  }

  // MARK: Hedges

  @Test func aHedgeGoesToAnotherEndpointOfTheSameModel() throws {
    for seed in 0..<50 as Range<UInt64> {
      // Two deployments share endpoint 0.
      var play = Play(pools: [[0], [0, 1], [2]], fallbacks: [0, 0, 1], limit: 3, seed: seed)
      let (begun, beside) = (play.first(), play.hedge())
      let (first, hedge) = (try #require(begun), try #require(beside))
      #expect(hedge.endpoint != first.endpoint && hedge.endpoint != 2)
      #expect((hedge.reason, hedge.backoff, hedge.candidate.fallback) == (.hedge, 0, 0))
      #expect(play.plan.count == 2)
    }
  }

  @Test func thereIsNoHedgeWithoutAnotherEndpointOrAttempt() {
    var alone = Play(pools: [[0], [1]], fallbacks: [0, 1], limit: 3)
    _ = alone.first()
    #expect(alone.hedge() == nil)
    #expect(alone.plan.count == 1)
    #expect(alone.step(after: elsewhere)?.endpoint == 1, "nothing has changed")
    var once = Play(pools: [[0, 1]], limit: 1)
    _ = once.first()
    #expect(once.hedge() == nil)
    var unbegun = Play(pools: [[0, 1]], limit: 3)
    #expect(unbegun.hedge() == nil)
  }

  @Test func whereBothFailThePlanGoesOnBehindBoth() throws {
    for failsFirst in [true, false] {
      var play = Play(pools: [[0, 1], [2]], fallbacks: [0, 1], limit: 9)
      let (begun, beside) = (play.first(), play.hedge())
      let (first, hedge) = (try #require(begun), try #require(beside))
      let (failed, left) = failsFirst ? (first, hedge) : (hedge, first)
      play.drop(failed, after: elsewhere, leaving: left)
      #expect(play.step(after: anywhere)?.endpoint == 2)
      #expect(play.step(after: anywhere)?.endpoint == left.endpoint, "the other is barred")
      #expect(play.plan.count == 4)
    }
  }
}
