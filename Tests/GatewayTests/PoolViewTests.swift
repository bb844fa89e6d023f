import Coordination
import Policy
import Settings
import Testing
import Upstream

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
      if let place = view.choose(.init(spent: spent), random: &random) { counts[place.endpoint] += 1 }
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
    _ = view.choose(.init(), random: &random)
    view.tick(1_000, .fresh)
    var counts = [0, 0, 0, 0]
    for _ in 0..<10_000 {
      if let place = view.choose(.init(), random: &random) { counts[place.endpoint] += 1 }
    }
    // Three times as slow for its square root of nine: a ninth of its share of 6.
    #expect(abs(counts[0] - 10_000 * 6 / 9 * 9 / 96) < 200, "\(counts)")
  }

  @Test func whatIsFullIsNotChosen() throws {
    let bounded = Self.base.replacing("\"http://b/v1\"", with: "{ url: \"http://b/v1\", max_concurrent: 2 }")
      .replacing("gpus: { ", with: "gpus: { max_concurrent: 1, ")
    let snapshot = try snapshot(bounded)
    #expect(snapshot.capacities == [1, 2, 1, nil])
    let cluster = ClusterLoads(ReplicaState(name: "me", leastReplicas: nil))
    cluster.apply(snapshot)
    let view = PoolViews().view(ofModel: 0, in: snapshot)
    #expect(view.isBounded && choices(snapshot, 100).allSatisfy { $0 > 0 })
    let slots = try [0, 1, 1, 2].map { index in
      try #require(snapshot.endpoints[index].tryEnter())
      return Slot(entered: snapshot.endpoints[index], nil)
    }
    #expect(!snapshot.endpoints[1].tryEnter())
    #expect(choices(snapshot, 100) == [0, 0, 0, 100], "however busy the unbounded one is")
    #expect(view.full(.init()).map(\.id) == ["gpus/a", "gpus/b", "gpus/c"])
    #expect(view.full(.init(shares: [1, 0, 1, 1])).map(\.id) == ["gpus/a", "gpus/c"], "one is out besides")
    var random = Chance(seed: 1)
    let held = view.choose(.init(shares: [1, 1, 1, 0], held: snapshot.endpoints[2]), random: &random)
    #expect(held?.endpoint == 2, "whoever has a slot there may use it")
    #expect(snapshot.endpoints.map(\.inFlight) == [1, 2, 1, 0])
    _ = consume slots
    #expect(snapshot.endpoints.map(\.inFlight) == [0, 0, 0, 0])
  }

  @Test func theOnlyEndpointOfAModelMayBeFullToo() throws {
    let text = Self.base.replacing("cloud: { ", with: "cloud: { max_concurrent: 1, ")
    let snapshot = try snapshot(text)
    ClusterLoads(ReplicaState(name: "me", leastReplicas: nil)).apply(snapshot)
    let view = PoolViews().view(ofModel: 1, in: snapshot)
    var random = Chance(seed: 1)
    #expect(view.choose(.init(), random: &random)?.endpoint == 3)
    #expect(snapshot.endpoints[3].tryEnter())
    #expect(view.choose(.init(), random: &random) == nil)
    #expect(view.full(.init()).map(\.id) == ["cloud/d"])
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

  // MARK: Ways to balance

  /// Two deployments of two endpoints and one, `model` being what the model says besides.
  private func view(_ model: String, zone: String = "") throws -> (Snapshot, PoolView) {
    let yaml = """
      server: { host: 127.0.0.1\(zone) }
      providers:
        near: { dialect: openai, endpoints: [ { url: "http://a/v1", zone: a }, { url: "http://b/v1", zone: b } ] }
        cloud: { dialect: openai, base_url: "https://d/v1" }
      deployments:
        small: { provider: near, model: s, price: { input: 1, output: 4 } }
        large: { provider: cloud, model: l, price: { input: 2, output: 2 } }
      models:
        both: { deployments: [small, { name: large, weight: 2 }]\(model) }
      """
    let snapshot = try self.snapshot(yaml)
    return (snapshot, PoolView(snapshot.pools[0]))
  }

  private func counts(_ view: PoolView, _ count: Int = 1_000, ask: PoolView.Ask = .init()) -> [Int] {
    var (random, counts) = (Chance(seed: 9), [0, 0, 0])
    for _ in 0..<count { if let place = view.choose(ask, random: &random) { counts[place.endpoint] += 1 } }
    return counts
  }

  @Test func roundRobinTakesTurnsWhateverTheLoad() throws {
    let (snapshot, view) = try view(", balance: round_robin")
    snapshot.endpoints[0].setOthers(50)
    #expect(counts(view, 30) == [10, 10, 10])
  }

  @Test func byChanceWeightsCountOrDoNot() throws {
    let (snapshot, weighted) = try view(", balance: weighted")
    snapshot.endpoints[2].setOthers(50)
    for (count, share) in zip(counts(weighted, 12_000), [1, 1, 4]) {
      #expect(abs(count - 2_000 * share) < 200)
    }
    let (_, random) = try view(", balance: random")
    for count in counts(random, 9_000) { #expect(abs(count - 3_000) < 250) }
  }

  @Test func costTakesTheCheapestForTheTokensThatAreExpected() throws {
    let (snapshot, view) = try view(", balance: cost")
    #expect(counts(view, 100, ask: .init(tokens: (1_000, 1_000))) == [0, 0, 100])
    let long = counts(view, 100, ask: .init(tokens: (9_000, 1_000)))
    #expect(long[2] == 0 && long[0] > 20 && long[1] > 20, "\(long)")
    snapshot.endpoints[0].setOthers(1)
    #expect(counts(view, 100, ask: .init(tokens: (9_000, 1_000))) == [0, 100, 0])
    // Without room at the cheapest, the next.
    var plan = AttemptPlan(stages: [.init(model: 0, fallback: 0)], limit: 3)
    var (random, seen) = (Chance(seed: 2), [Int]())
    let choose: AttemptPlan.Choose = { _, spent, random in
      view.choose(.init(spent: spent, tokens: (1_000, 1_000)), random: &random)
    }
    if case .attempt(let step) = plan.first(random: &random, choose: choose) { seen.append(step.endpoint) }
    if case .attempt(let step) = plan.skip(deployment: true, random: &random, choose: choose) {
      seen.append(step.endpoint)
    }
    #expect(seen == [2, 1])
  }

  @Test func latencyTakesTheFastestThatIsNotBusy() throws {
    let (snapshot, view) = try view(", balance: latency")
    for (endpoint, time) in [80.0, 20, 120].enumerated() {
      let place = AttemptPlan.Place(deployment: endpoint == 2 ? 1 : 0, endpoint: endpoint)
      snapshot.pace(place).whole.add(time, at: 1_000)
    }
    _ = counts(view, 1)
    view.tick(1_000, .fresh)
    // 80/1, 20/1 and 120/4: the third has all of a weight of 2, the others share 1.
    #expect(counts(view, 100) == [0, 100, 0])
    snapshot.endpoints[1].setOthers(1)
    #expect(counts(view, 100) == [0, 0, 100])
  }

  @Test func theOwnZoneIsPreferredWhileItHasRoom() throws {
    let (snapshot, view) = try view("", zone: ", zone: b")
    #expect(snapshot.pools[0].members.map(\.isNear) == [false, true, true])
    #expect(counts(view)[0] == 0)
    snapshot.endpoints[2].setOthers(9)
    #expect(counts(view)[0] == 0, "one of its own is idle")
    snapshot.endpoints[1].setOthers(1)
    #expect(counts(view)[0] == 1_000, "an idle one elsewhere counts as having one")
    snapshot.endpoints[0].setOthers(1)
    #expect(counts(view)[1] == 1_000)
    let (_, anywhere) = try self.view("")
    #expect(counts(anywhere)[0] > 100)
  }

  @Test func whatBelongsTogetherStaysTogether() throws {
    let (snapshot, view) = try view(", affinity: session")
    var places = Set<Int>()
    for key in 0..<60 as Range<UInt64> {
      let counts = counts(view, 20, ask: .init(key: key))
      #expect(counts.contains(20), "\(counts)")
      places.insert(counts.firstIndex(of: 20) ?? -1)
    }
    #expect(places == [0, 1, 2])
    // One more than 1.25 of its share of what there is: it goes elsewhere.
    let key = (0..<60 as Range<UInt64>).first { counts(view, 1, ask: .init(key: $0))[0] == 1 }
    snapshot.endpoints[0].setOthers(9)
    #expect(counts(view, 50, ask: .init(key: key))[0] == 0)
  }

  @Test func whatEndpointsSayOfThemselvesCounts() throws {
    let yaml = Self.base.replacing("\"http://c/v1\" ]", with: "\"http://c/v1\" ], load: {}")
      .replacing(
        "{ deployments: [ { name: small, weight: 3 }, large ] }",
        with: "{ deployments: [small], balance: resource }")
    let snapshot = try snapshot(yaml)
    let view = PoolView(snapshot.pools[0])
    #expect(snapshot.loads.map(\.path) == ["/metrics", "/metrics", "/metrics"])
    #expect(snapshot.loads[0].endpoint.target(ofPath: "/metrics", showsKey: true).url == "http://a/metrics")
    let tell = { (endpoint: Int, text: String, known: Int) in
      snapshot.endpoints[endpoint].reported.take(try #require(ServerGauges(text)), known: known, now: 10_000)
    }
    // Nobody says anything: least connections.
    snapshot.endpoints[0].setOthers(2)
    #expect(counts(view, 30)[0] == 0)
    try tell(0, "vllm:num_requests_running 2", 2)
    try tell(1, "vllm:num_requests_running 3\nvllm:num_requests_waiting 5", 0)
    view.tick(10_001, .fresh)
    // 2 known of a weight of 2; 8 of somebody else; the third says nothing and counts as having 4.
    #expect(counts(view, 30) == [30, 0, 0])
    try tell(0, "vllm:num_requests_running 2\nvllm:kv_cache_usage_perc 0.9", 2)
    _ = counts(view, 1)
    view.tick(10_002, .fresh)
    // 3 for a weight of 2 × 0.1, 9 for 1, and 5 for the average of both, 0.55.
    #expect(counts(view, 30) == [0, 30, 0])
    _ = counts(view, 1)
    view.tick(15_100, .fresh)
    #expect(counts(view, 30)[0] == 0, "what was said is too old")
  }
}
