import Policy
import Testing

struct RoutingTableTests {
  private typealias Candidate = RoutingTable.Candidate

  /// Models of these deployments, each deployment of weight 1 and with a pool of one endpoint.
  private func table(_ models: (deployments: [(Int, weight: Int)], fallbacks: [Int])...) -> RoutingTable {
    let count = 1 + (models.flatMap(\.deployments).map(\.0).max() ?? 0)
    return RoutingTable(
      models: models.enumerated().map { position, model in
        .init(
          name: "m\(position)",
          deployments: model.deployments.map { .init(position: $0.0, weight: $0.weight) },
          fallbacks: model.fallbacks, attempts: 3, retryPercent: 20)
      },
      deployments: (0..<count).map { .init(name: "d\($0)", endpoints: [.init(position: $0, weight: 1)]) },
      positions: [:], defaultModel: nil)
  }

  private func candidates(
    _ table: RoutingTable, _ model: Int = 0, seed: UInt64 = 1, allows: (Int) -> Bool = { _ in true }
  ) -> [Candidate] {
    var chance = Chance(seed: seed)
    return table.candidates(for: model, allows: allows, random: &chance)
  }

  @Test func everyDeploymentIsACandidateOnce() {
    let table = table(([(0, 1), (1, 5), (2, 1)], []))
    for seed in 0..<200 as Range<UInt64> {
      let found = candidates(table, seed: seed)
      #expect(Set(found.map(\.deployment)) == [0, 1, 2])
      #expect(found.count == 3)
      #expect(found.allSatisfy { $0.model == 0 && $0.fallback == 0 })
    }
  }

  @Test(arguments: [[1, 1], [3, 1], [1, 2, 7]])
  func theFirstCandidateIsDrawnByWeight(weights: [Int]) {
    let table = table((weights.enumerated().map { ($0, weight: $1) }, []))
    var chance = Chance(seed: 5)
    var counts = weights.map { _ in 0 }
    for _ in 0..<20_000 {
      let found = table.candidates(for: 0, allows: { _ in true }, random: &chance)
      counts[found[0].deployment] += 1
    }
    expectShares(counts, weights, 20_000)
  }

  /// Without the first, the second is drawn among the rest by weight again.
  @Test func theSecondCandidateIsDrawnByWeightAmongTheRest() {
    let table = table(([(0, 1), (1, 2), (2, 6)], []))
    var chance = Chance(seed: 6)
    var counts = [0, 0]
    var draws = 0
    for _ in 0..<30_000 {
      let found = table.candidates(for: 0, allows: { _ in true }, random: &chance).map(\.deployment)
      guard found[0] == 2 else { continue }
      counts[found[1]] += 1
      draws += 1
    }
    expectShares(counts, [1, 2], draws)
  }

  @Test func aDeploymentOfWeightZeroComesLast() {
    let table = table(([(0, 0), (1, 1), (2, 1)], []))
    for seed in 0..<100 as Range<UInt64> { #expect(candidates(table, seed: seed).last?.deployment == 0) }
  }

  @Test func fallbacksFollowInOrderAndOnceEach() {
    let table = table(
      ([(0, 1)], [1, 2, 1, 0]), ([(1, 1), (2, 1)], [0, 2]), ([(3, 1)], [0]))
    for seed in 0..<50 as Range<UInt64> {
      let found = candidates(table, seed: seed)
      #expect(found.map(\.model) == [0, 1, 1, 2])
      #expect(found.map(\.fallback) == [0, 1, 1, 2])
      #expect(Set(found.map(\.deployment)) == [0, 1, 2, 3])
    }
  }

  /// Fallbacks of a fallback aren't followed: the list of the model that was asked for is the whole truth.
  @Test func fallbacksOfFallbacksAreNotFollowed() {
    let table = table(([(0, 1)], [1]), ([(1, 1)], [2]), ([(2, 1)], []))
    #expect(candidates(table).map(\.model) == [0, 1])
  }

  @Test func modelsThatTheKeyDoesNotAllowAreLeftOut() {
    let table = table(([(0, 1)], [1, 2]), ([(1, 1)], []), ([(2, 1)], []))
    #expect(candidates(table, allows: { $0 != 1 }).map(\.model) == [0, 2])
    #expect(candidates(table, allows: { $0 == 0 }).map(\.model) == [0])
  }

  /// One deployment and no fallback is answered without drawing; the general way has to say the same.
  @Test func theShortCutSaysWhatTheGeneralWaySays() {
    let short = table(([(1, 4)], []), ([(0, 1)], []))
    // A fallback that is not allowed sends the same model through the general way.
    let general = table(([(1, 4)], [1]), ([(0, 1)], []))
    #expect(candidates(short) == candidates(general, allows: { $0 == 0 }))
    #expect(candidates(short) == [Candidate(model: 0, deployment: 1, fallback: 0)])
  }

  @Test func aModelWithoutDeploymentsHasNoCandidates() {
    #expect(candidates(table(([], []))).isEmpty)
  }

  @Test func drawingWithoutAnyWeightIsFair() {
    let items = (0..<4).map { RoutingTable.Weighted(position: $0, weight: 0) }
    var chance = Chance(seed: 8)
    var counts = [0, 0, 0, 0]
    for _ in 0..<20_000 { counts[RoutingTable.draw(items, random: &chance)] += 1 }
    expectShares(counts, [1, 1, 1, 1], 20_000)
  }
}
