import Policy
import Settings
import Testing

@testable import Gateway

struct PoolViewTests {
  private static let base = """
    server: { host: 127.0.0.1 }
    providers:
      gpus: { dialect: openai, endpoints: [ { url: "http://a/v1", weight: 2 }, "http://b/v1", "http://c/v1" ] }
      cloud: { dialect: openai, base_url: "https://d/v1" }
    deployments:
      small: { provider: gpus, model: s }
      large: { provider: cloud, model: l }
    models:
      both: { deployments: [ { name: small, weight: 3 }, large ] }
      one: { deployments: [large] }
    """

  private func snapshot(_ yaml: String = base) throws -> Snapshot {
    Snapshot(try settings(yaml), epoch: 1, former: nil)
  }

  /// Endpoints chosen `count` times, by their positions.
  private func choices(
    _ snapshot: Snapshot, _ count: Int, spent: AttemptPlan.Spent = AttemptPlan.Spent(), seed: UInt64 = 3
  ) -> [Int] {
    let view = PoolViews().view(ofModel: 0, in: snapshot)
    var (random, counts) = (Chance(seed: seed), [0, 0, 0, 0])
    for _ in 0..<count {
      if let place = view.choose(spent, .fresh, random: &random) { counts[place.endpoint] += 1 }
    }
    return counts
  }

  /// A deployment's weight is its share of the model's traffic, however many endpoints it has; an endpoint's is its share of that.
  @Test func anIdlePoolIsSharedAsTheWeightsSay() throws {
    let snapshot = try snapshot()
    #expect(snapshot.pools[0].members.map(\.weight) == [6, 3, 3, 4])
    let counts = choices(snapshot, 32_000)
    for (count, share) in zip(counts, [6, 3, 3, 4]) { #expect(abs(count - 2_000 * share) < 500, "\(counts)") }
  }

  @Test func whatIsInFlightCountsOwnAndOthers() throws {
    let snapshot = try snapshot()
    let one = InFlight(at: snapshot.endpoints[0])
    let other = InFlight(at: snapshot.endpoints[1])
    snapshot.endpoints[2].setOthers(1)
    #expect(choices(snapshot, 100) == [0, 0, 0, 100])
    snapshot.endpoints[3].setOthers(7)
    // 2/6, 2/3, 2/3 and 8/4: the heavy one has most room.
    #expect(choices(snapshot, 100) == [100, 0, 0, 0])
    _ = consume one
    _ = consume other
  }

  @Test func slowEndpointsGetLess() throws {
    let snapshot = try snapshot()
    let view = PoolViews().view(ofModel: 0, in: snapshot)
    var random = Chance(seed: 5)
    for endpoint in 0..<4 {
      let deployment = endpoint == 3 ? 1 : 0
      let pace = snapshot.pace(.init(deployment: deployment, endpoint: endpoint))
      pace.firstToken.add(endpoint == 0 ? 900 : 100, at: 1_000)
    }
    _ = view.choose(AttemptPlan.Spent(), .fresh, random: &random)
    view.tick(1_000, .fresh)
    var counts = [0, 0, 0, 0]
    for _ in 0..<10_000 {
      if let place = view.choose(AttemptPlan.Spent(), .fresh, random: &random) { counts[place.endpoint] += 1 }
    }
    // Three times as slow for its square root of nine: a ninth of its share of 6.
    #expect(abs(counts[0] - 10_000 * 6 / 9 * 9 / 96) < 200, "\(counts)")
  }

  @Test func pacesAreKeptAcrossReloads() throws {
    let former = try snapshot()
    former.pace(.init(deployment: 0, endpoint: 1)).firstToken.add(70, at: 5)
    let swapped = Self.base.replacing("\"http://b/v1\", \"http://c/v1\"", with: "\"http://b/v1\"")
      .replacing("model: l", with: "model: other")
    former.pace(.init(deployment: 1, endpoint: 3)).firstToken.add(80, at: 5)
    let next = Snapshot(try settings(swapped), epoch: 2, former: former)
    #expect(next.pace(.init(deployment: 0, endpoint: 1)).firstToken.value(at: 5) == 70)
    #expect(next.pace(.init(deployment: 1, endpoint: 2)).firstToken.value(at: 5) == nil, "another model")
  }

  @Test func anAverageIsSharedByAll() {
    let average = SharedAverage()
    #expect(average.value(at: 7) == nil)
    average.add(400, at: 10_000)
    average.add(100, at: 20_000)
    #expect(average.value(at: 20_000) == 250)
    average.add(100, at: 19_999)  // read a moment before, on another thread
    #expect(average.value(at: 20_000) == 250)
  }

  @Test func anExchangeOfAFormerConfigurationKeepsItsPool() throws {
    let former = try snapshot()
    let next = Snapshot(
      try settings(Self.base.replacing("- d", with: "- e").replacing("https://d/v1", with: "https://e/v1")),
      epoch: 2, former: former)
    let views = PoolViews()
    #expect(views.view(ofModel: 1, in: next).pool.members[0].endpoint.id == "cloud/e")
    #expect(views.view(ofModel: 1, in: former).pool.members[0].endpoint.id == "cloud/d")
    #expect(views.view(ofModel: 1, in: next) === views.view(ofModel: 1, in: next))
  }
}
