import Policy
import Settings
import Testing

@testable import Gateway

/// What is told of a choice is what the choice does.
struct PoolSurveyTests {
  private static func yaml(_ more: String, zone: String = "") -> String {
    """
    server: { host: 127.0.0.1 \(zone) }
    providers:
      gpus: { dialect: openai, endpoints: [ { url: "http://a/v1", weight: 2 }, "http://b/v1", { url: "http://c/v1", zone: far } ] }
      cloud: { dialect: openai, base_url: "https://d/v1" }
    deployments:
      small: { provider: gpus, model: s, price: { input: 1, output: 1 } }
      large: { provider: cloud, model: l, price: { input: 9, output: 9 } }
    models:
      m: { deployments: [ { name: small, weight: 3 }, large ] \(more) }
    """
  }

  private func snapshot(_ more: String = "", zone: String = "") throws -> Snapshot {
    Snapshot(try settings(Self.yaml(more, zone: zone)), epoch: 1, former: nil)
  }

  /// How often each is really chosen.
  private func choices(_ view: PoolView, _ ask: PoolView.Ask) -> [Double] {
    var (random, counts) = (Chance(seed: 9), view.pool.members.map { _ in 0 })
    for _ in 0..<4_000 {
      guard let place = view.choose(ask, random: &random) else { continue }
      counts[place.endpoint] += 1
    }
    return counts.map { Double($0) / 4_000 }
  }

  @Test(arguments: [
    "", ", balance: latency", ", balance: random", ", balance: weighted", ", balance: cost",
    ", affinity: session",
  ]) func chancesAreThoseOfTheChoice(_ more: String) throws {
    let snapshot = try snapshot(more, zone: ", zone: near")
    let view = PoolView(snapshot.pools[0])
    let busy = InFlight(at: snapshot.endpoints[0])
    snapshot.endpoints[3].setOthers(1)
    for sight in [Balancer.Sight.fresh, .old, .none] {
      for shares in [nil, [1, 0.5, 0, 1], [0, 0, 0, 0]] as [[Double]?] {
        for key in [nil, 7, 8, 9] as [UInt64?] {
          let ask = PoolView.Ask(sight: sight, key: key, shares: shares, tokens: (10, 10))
          let told = view.survey(ask)
          for (chance, share) in zip(told.candidates.map(\.chance), choices(view, ask)) {
            #expect(
              abs(chance - share) < 0.05, "\(more) \(sight) \(shares ?? []) \(told.candidates.map(\.chance))")
          }
        }
      }
    }
    _ = consume busy
  }

  @Test func theScoreOfTheChosenIsTheLeast() throws {
    let snapshot = try snapshot(", balance: latency")
    let view = PoolView(snapshot.pools[0])
    let loads = [5, 2, 3, 1]
    for (endpoint, load) in zip(snapshot.endpoints, loads) { endpoint.setOthers(load) }
    let told = view.survey(.init())
    // (5 + 1) / 6, (2 + 1) / 3, (3 + 1) / 3, (1 + 1) / 4
    #expect(told.candidates.map(\.score) == [1, 1, 4.0 / 3, 0.5])
    #expect(told.best?.member.place.endpoint == 3)
    #expect(told.best?.chance == 1)
  }

  @Test func whatIsLeftOutSaysWhy() throws {
    let zoned = try snapshot(zone: ", zone: near")
    let view = PoolView(zoned.pools[0])
    #expect(view.survey(.init(shares: [0, 1, 1, 1])).candidates.map(\.loss) == [.out, nil, .far, nil])
    let cheap = try snapshot(", balance: cost")
    #expect(
      PoolView(cheap.pools[0]).survey(.init(tokens: (5, 5))).candidates.map(\.loss) == [
        nil, nil, nil, .dearer,
      ])
  }

  @Test func nobodysTurnIsTaken() throws {
    let snapshot = try snapshot(", balance: round_robin")
    let view = PoolView(snapshot.pools[0])
    var random = Chance(seed: 1)
    for _ in 0..<9 {
      let told = [view.survey(.init()), view.survey(.init())].map { $0.best?.member.place.endpoint }
      #expect(told[0] == told[1])
      #expect(view.choose(.init(), random: &random)?.endpoint == told[0])
    }
    #expect(view.survey(.init(), turnless: true).candidates.allSatisfy { abs($0.chance - 0.25) < 0.05 })
  }

  @Test func aViewIsLeftAsItWas() throws {
    let snapshot = try snapshot()
    let view = PoolView(snapshot.pools[0])
    let before = view.options
    _ = view.survey(.init(shares: [0, 1, 0, 1]))
    #expect(view.options == before)
  }
}
