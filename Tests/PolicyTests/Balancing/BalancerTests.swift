import Policy
import Testing

struct BalancerTests {
  private static func options(_ loads: [Int], weights: [Double]? = nil, slowness: [Double]? = nil)
    -> [Balancer.Option]
  {
    loads.indices.map {
      Balancer.Option(position: $0, weight: weights?[$0] ?? 1, own: loads[$0], slowness: slowness?[$0] ?? 1)
    }
  }

  private static func shares(_ options: [Balancer.Option], _ sight: Balancer.Sight = .fresh) -> [Double] {
    var (counts, random) = ([Int](repeating: 0, count: options.count), Chance(seed: 7))
    for _ in 0..<20_000 { counts[Balancer().choose(options, sight, random: &random) ?? 0] += 1 }
    return counts.map { Double($0) / 20_000 }
  }

  private static func expect(
    _ shares: [Double], near wanted: [Double], at line: SourceLocation = #_sourceLocation
  ) {
    for (share, wanted) in zip(shares, wanted) {
      #expect(abs(share - wanted) < 0.02, "\(shares)", sourceLocation: line)
    }
  }

  @Test func theLeastLoadedForItsWeightIsChosen() {
    #expect(Self.shares(Self.options([3, 2, 4])) == [0, 1, 0])
    #expect(Self.shares(Self.options([5, 2], weights: [3, 1])) == [1, 0])  // 6/3 against 3/1
    #expect(Self.shares(Self.options([8, 1], weights: [3, 1])) == [0, 1])
    #expect(Self.shares(Self.options([4, 4], slowness: [1, 1.2])) == [1, 0])
  }

  @Test func equalOnesAreDrawnByWeight() {
    Self.expect(Self.shares(Self.options([0, 0, 0])), near: [1.0 / 3, 1.0 / 3, 1.0 / 3])
    Self.expect(Self.shares(Self.options([0, 0], weights: [3, 1])), near: [0.75, 0.25])
    Self.expect(Self.shares(Self.options([5, 1], weights: [3, 1])), near: [0.75, 0.25])
  }

  @Test func anIdleOneIsBetterUnlessItIsMuchSlower() {
    #expect(Self.shares(Self.options([1, 0], weights: [10, 1])) == [0, 1])
    #expect(Self.shares(Self.options([1, 0], slowness: [1, 1.9])) == [0, 1])
    #expect(Self.shares(Self.options([1, 0], slowness: [1, 2.1])) == [1, 0])
    Self.expect(Self.shares(Self.options([0, 0], slowness: [1, 2])), near: [0.8, 0.2])
  }

  /// With old counts the least loaded is what everybody thinks: never all to one.
  @Test func withOldCountsTheBetterOfTwoIsChosen() {
    let shares = Self.shares(Self.options([0, 3, 3, 9]), .old)
    Self.expect(shares, near: [0.5, 0.25, 0.25, 0])
  }

  @Test func whatOthersHaveCountsWhileItIsKnown() {
    let options = [(1, 9), (2, 0)].enumerated().map { position, load in
      Balancer.Option(position: position, weight: 1, own: load.0, others: load.1)
    }
    #expect(Self.shares(options, .fresh) == [0, 1])
    #expect(Self.shares(options, .none) == [1, 0])
  }

  @Test func nothingOfNothing() {
    var random = Chance(seed: 1)
    #expect(Balancer().choose([], .fresh, random: &random) == nil)
    #expect(Balancer().choose(Self.options([9]), .old, random: &random) == 0)
  }

  @Test(arguments: [Balancer.Sight.fresh, .old, .none])
  func whatIsOutIsNeverChosen(sight: Balancer.Sight) {
    let ways: [Balancer.Way] = [
      .leastConnections, .lowestCost, .weights, .equalChance, .turn(0), .turn(1), .turn(.max),
    ]
    var random = Chance(seed: 11)
    for way in ways {
      for left in 0..<4 {
        let options = Self.options([0, 5, 0, 9], weights: (0..<4).map { $0 == left ? 2 : 0 })
        for _ in 0..<50 {
          #expect(Balancer().choose(options, by: way, sight, random: &random) == left, "\(way)")
        }
      }
      let none = Self.options([0, 1, 2], weights: [0, 0, 0])
      #expect(Balancer().choose(none, by: way, sight, random: &random) == nil)
      #expect(Balancer().choose(Self.options([0], weights: [0]), by: way, sight, random: &random) == nil)
    }
  }

  @Test func eachWayIsItsOwn() {
    var random = Chance(seed: 12)
    let options = Self.options([9, 0, 1], weights: [6, 3, 1])
    let shares = { (way: Balancer.Way) -> [Double] in
      var counts = [0, 0, 0]
      for _ in 0..<20_000 {
        counts[Balancer().choose(options, by: way, .fresh, random: &random) ?? 0] += 1
      }
      return counts.map { Double($0) / 20_000 }
    }
    Self.expect(shares(.weights), near: [0.6, 0.3, 0.1])
    Self.expect(shares(.equalChance), near: [1.0 / 3, 1.0 / 3, 1.0 / 3])
    let turns = (0..<6).map { Balancer().choose(options, by: .turn($0), .fresh, random: &random) }
    #expect(turns == [0, 1, 2, 0, 1, 2])
  }

  /// By cost a slow endpoint is left idle while a fast one has room; by connections an idle one is taken unless it is far slower.
  @Test func byCostEvenAnIdleOneMustBeFastEnough() {
    var random = Chance(seed: 13)
    let options = Self.options([1, 0], slowness: [1, 2.5])
    #expect(Balancer().choose(options, by: .lowestCost, .fresh, random: &random) == 0)
    let nearer = Self.options([1, 0], slowness: [1, 1.5])
    #expect(Balancer().choose(nearer, by: .lowestCost, .fresh, random: &random) == 1)
    let idle = Self.options([0, 0, 0], slowness: [1.2, 1, 3])
    for _ in 0..<50 { #expect(Balancer().choose(idle, by: .lowestCost, .fresh, random: &random) == 1) }
  }

  @Test func sightFollowsTheAgeOfWhatOthersTold() {
    #expect(Balancer.Sight(age: nil, replicas: 1) == .fresh)
    #expect(Balancer.Sight(age: nil, replicas: 2) == .none)
    #expect(Balancer.Sight(age: 249, replicas: 2) == .fresh)
    #expect(Balancer.Sight(age: 250, replicas: 2) == .old)
    #expect(Balancer.Sight(age: 499, replicas: 64) == .old)
    #expect(Balancer.Sight(age: 500, replicas: 64) == .none)
    #expect(Balancer.Sight(age: 0, replicas: 65) == .old)
  }

  @Test func slownessIsAgainstTheMedianAndForgivenUnderLoad() {
    #expect(Balancer.slowness([(100, 1), (400, 1), (100, 1)]) == [1, 2, 1])
    #expect(Balancer.slowness([(100, 1), (400, 1), (nil, 1)]) == [0.5, 1, 1])
    let hot = Balancer.slowness([(100, 1), (400, 9), (100, 1), (100, 1), (100, 1), (100, 1)])
    #expect(hot == [1, 1, 1, 1, 1, 1])
    #expect(Balancer.slowness([(nil, 0), (nil, 0)]) == [1, 1])
    #expect(Balancer.slowness([(0, 0), (0, 0)]) == [1, 1])
  }

  @Test func aPeakIsBelievedAtOnceAndForgottenSlowly() {
    var average = PeakAverage()
    #expect(average.value(at: 0) == nil)
    average.add(100, at: 0)
    average.add(900, at: 1)
    #expect(average.value == 900)
    average.add(100, at: 10_001)
    #expect(average.value == 500)
    #expect(average.value(at: 20_001) == 250)
    average.add(.nan, at: 20_001)
    average.add(-1, at: 20_001)
    #expect(average.value == 500)
    average.add(100, at: 5)  // a clock that went back
    #expect(average.value == 500)
  }
}
