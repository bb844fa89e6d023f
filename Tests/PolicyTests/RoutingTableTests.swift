import Policy
import Testing

struct RoutingTableTests {
  private typealias Stage = RoutingTable.Stage

  /// Models with these fallbacks, of one deployment each.
  private func table(_ fallbacks: [Int]...) -> RoutingTable {
    RoutingTable(
      models: fallbacks.enumerated().map { position, fallbacks in
        .init(
          name: "m\(position)", deployments: [.init(position: position, weight: 1)], fallbacks: fallbacks,
          attempts: 3, retryPercent: 20)
      },
      deployments: fallbacks.indices.map {
        .init(name: "d\($0)", endpoints: [.init(position: $0, weight: 1)])
      },
      positions: [:], defaultModel: nil)
  }

  private func models(_ table: RoutingTable, allows: (Int) -> Bool = { _ in true }) -> [Int] {
    table.stages(for: 0, allows: allows).map(\.model)
  }

  @Test func fallbacksFollowInOrderAndOnceEach() {
    let table = table([1, 2, 1, 0], [0, 2], [0])
    #expect(
      table.stages(for: 0, allows: { _ in true })
        == [.init(model: 0, fallback: 0), .init(model: 1, fallback: 1), .init(model: 2, fallback: 2)])
  }

  /// Fallbacks of a fallback aren't followed: the list of the model that was asked for is the whole truth.
  @Test func fallbacksOfFallbacksAreNotFollowed() {
    #expect(models(table([1], [2], [])) == [0, 1])
  }

  @Test func modelsThatTheKeyDoesNotAllowAreLeftOut() {
    let table = table([1, 2], [], [])
    #expect(models(table, allows: { $0 != 1 }) == [0, 2])
    #expect(table.stages(for: 0, allows: { $0 != 1 }).map(\.fallback) == [0, 2])
    #expect(models(table, allows: { $0 == 0 }) == [0])
  }

  @Test func otherFallbacksTakeThePlaceOfItsOwn() {
    let table = table([1], [], [])
    #expect(
      table.stages(for: 0, fallbacks: [2, 0, 2], allows: { _ in true }) == [
        Stage(model: 0, fallback: 0), Stage(model: 2, fallback: 1),
      ])
    #expect(table.stages(for: 0, fallbacks: [2], allows: { $0 == 0 }) == [Stage(model: 0, fallback: 0)])
    #expect(table.stages(for: 0, fallbacks: nil, allows: { _ in true }).map(\.model) == [0, 1])
    #expect(table.stages(for: 0, fallbacks: [], allows: { _ in true }).map(\.model) == [0])
    var models = table.models
    models[0].isTrial = true
    models[0].fallbacks = [1, 0]
    let trial = RoutingTable(
      models: models, deployments: table.deployments, positions: [:], defaultModel: nil)
    let stages = trial.stages(for: 0, fallbacks: [2], allows: { _ in true })
    #expect(stages.map(\.model) == [0, 1, 2] && stages[0].isTrial, "first what it is tried against")
  }

  @Test func aModelAloneIsItsOnlyStage() {
    #expect(table([]).stages(for: 0, allows: { _ in true }) == [Stage(model: 0, fallback: 0)])
  }
}
