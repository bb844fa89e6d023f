import Policy
import Testing

struct LeastConnectionsTests {
  private func pool(_ weights: Int...) -> [RoutingTable.Weighted] {
    weights.enumerated().map { .init(position: $0, weight: $1) }
  }

  private func choose(
    _ pool: [RoutingTable.Weighted], _ inFlight: [Int], out: Set<Int> = [], _ chance: inout Chance
  ) -> Int? {
    LeastConnections().choose(pool, inFlight: { inFlight[$0] }, isOut: out.contains, random: &chance)
  }

  @Test func theFewestForItsWeightIsChosen() {
    var chance = Chance(seed: 1)
    #expect(choose(pool(1, 1, 1), [3, 2, 4], &chance) == 1)
    // 4/2 is less than 3/1, and 9/4 more than 4/2.
    #expect(choose(pool(1, 2, 4), [3, 4, 9], &chance) == 1)
    #expect(choose(pool(1, 1), [0, 1], &chance) == 0)
  }

  @Test func noneIsEverWorseThanTheOneChosen() {
    var chance = Chance(seed: 2)
    for _ in 0..<2000 {
      let count = 1 + chance.below(6)
      let pool = (0..<count).map { RoutingTable.Weighted(position: $0, weight: 1 + chance.below(5)) }
      let inFlight = (0..<count).map { _ in chance.below(9) }
      guard let chosen = choose(pool, inFlight, &chance) else {
        Issue.record("nothing chosen")
        return
      }
      for other in pool {
        #expect(inFlight[chosen] * other.weight <= inFlight[other.position] * pool[chosen].weight)
      }
    }
  }

  @Test(arguments: [[1, 1, 1], [1, 2, 3], [5, 1, 1], [1, 10, 100]])
  func anIdlePoolIsSharedAsItsWeightsSay(weights: [Int]) {
    let pool = weights.enumerated().map { RoutingTable.Weighted(position: $0, weight: $1) }
    var chance = Chance(seed: 3)
    var counts = weights.map { _ in 0 }
    let draws = 40_000
    for _ in 0..<draws {
      if let chosen = choose(pool, weights.map { _ in 0 }, &chance) { counts[chosen] += 1 }
    }
    expectShares(counts, weights, draws)
  }

  /// Equal ratios tie too, and the draw among them is by weight again.
  @Test func tiesUnderLoadAreSharedAsTheWeightsSay() {
    var chance = Chance(seed: 4)
    var counts = [0, 0, 0]
    for _ in 0..<40_000 {
      if let chosen = choose(pool(1, 3, 1), [2, 6, 3], &chance) { counts[chosen] += 1 }
    }
    expectShares(counts, [1, 3, 0], 40_000)
  }

  @Test func endpointsOfWeightZeroAreLeftOut() {
    var chance = Chance(seed: 5)
    for _ in 0..<100 { #expect(choose(pool(0, 1, 0), [0, 99, 0], &chance) == 1) }
    #expect(choose(pool(0, 0), [0, 0], &chance) == nil)
  }

  @Test func endpointsThatAreOutAreNeverChosen() {
    var chance = Chance(seed: 6)
    for _ in 0..<100 { #expect(choose(pool(1, 1, 1), [0, 5, 0], out: [0, 2], &chance) == 1) }
    #expect(choose(pool(1, 1), [0, 0], out: [0, 1], &chance) == nil)
    #expect(choose(pool(1), [0], out: [0], &chance) == nil)
    #expect(choose([], [], &chance) == nil)
  }

  @Test func positionsAreThoseOfThePoolAndNotItsIndices() {
    let pool: [RoutingTable.Weighted] = [.init(position: 7, weight: 1), .init(position: 4, weight: 1)]
    var chance = Chance(seed: 7)
    let chosen = LeastConnections().choose(
      pool, inFlight: { $0 == 4 ? 0 : 1 }, isOut: { _ in false }, random: &chance)
    #expect(chosen == 4)
  }
}

/// Expects `counts` to be `draws` in the proportion of `weights`, within five standard deviations.
func expectShares(
  _ counts: [Int], _ weights: [Int], _ draws: Int, sourceLocation: SourceLocation = #_sourceLocation
) {
  let total = Double(weights.reduce(0, +))
  for (count, weight) in zip(counts, weights) {
    let share = Double(weight) / total
    let allowed = 5 * (Double(draws) * share * (1 - share)).squareRoot()
    #expect(
      abs(Double(count) - Double(draws) * share) <= allowed, "\(counts) for \(weights)",
      sourceLocation: sourceLocation)
  }
}
