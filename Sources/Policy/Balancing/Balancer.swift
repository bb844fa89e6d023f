/// Chooses one endpoint of a pool by what is in flight there, over all replicas (algorithms §3).
package struct Balancer: Sendable {
  /// One endpoint that may be chosen.
  package struct Option: Sendable, Equatable {
    package var position: Int
    /// Its share of the pool; lower while it starts slowly, 0 for one that is out.
    package var weight: Double
    /// Requests that this replica has in flight there.
    package var own: Int
    /// What the other replicas have, as they told last; left out of account where that is too old.
    package var others: Int
    /// How slow it is against the pool, 1 for as fast as the median: see `slowness`.
    package var slowness: Double

    package init(position: Int, weight: Double, own: Int, others: Int = 0, slowness: Double = 1) {
      (self.position, self.weight, self.own, self.others) = (position, weight, own, others)
      self.slowness = slowness
    }

    package func load(_ sight: Sight) -> Int { sight == .none ? own : own + others }
  }

  /// What decides among those that are not out.
  package enum Way: Sendable, Equatable {
    /// The fewest requests in flight for its weight.
    case leastConnections
    /// The same times how slow it is, be it idle or not: as Finagle's and tower's peak EWMA has it.
    case lowestCost
    /// Chance, by weight.
    case weights
    /// Chance, all alike.
    case equalChance
    /// The one whose turn it is, by a number that grows by one with each choice.
    case turn(UInt64)

    /// Whether it looks at what is in flight.
    package var heedsLoad: Bool { self == .leastConnections || self == .lowestCost }
  }

  /// How much is known of the others' loads. With old ones, whoever seems least loaded is chosen by all at once; the better of two
  /// drawn is not (Mitzenmacher, "How useful is old information?", TPDS 2000).
  package enum Sight: Sendable, Equatable {
    /// The others' counts are younger than 250 ms, or there are no others.
    case fresh
    /// They are up to 500 ms old, or there are too many replicas to read all.
    case old
    /// Nothing is known of them: own counts alone.
    case none

    /// `age`: milliseconds since the others' counts were read; nil where they never were.
    package init(age: Int64?, replicas: Int) {
      self =
        if replicas <= 1 { .fresh } else if replicas > Balancer.mostReplicas { .old } else {
          switch age {
          case nil: .none
          case .some(..<250): .fresh
          case .some(..<500): .old
          default: .none
          }
        }
    }
  }

  /// Replicas beyond which nobody reads what all have.
  package static let mostReplicas = 64

  package init() {}

  /// The position of the option to use; nil where none is left. Ties are drawn in proportion to the weights, never by position; so are
  /// idle endpoints, so that an idle pool is shared as its weights say.
  package func choose(
    _ options: [Option], by way: Way = .leastConnections, _ sight: Sight, random: inout Chance
  ) -> Int? {
    guard options.count > 1 else { return options.first.flatMap { $0.weight > 0 ? $0.position : nil } }
    switch way {
    case .leastConnections, .lowestCost:
      if sight == .old, Self.count(options) > 2 { return better(options, random: &random).position }
      return least(options, sight, isIdleBetter: way == .leastConnections, random: &random)?.position
    case .weights:
      let total = Self.total(options)
      return total > 0 ? options[Self.draw(options, total, but: nil, random: &random)].position : nil
    case .equalChance:
      let count = Self.count(options)
      return count > 0 ? Self.position(of: random.below(count), in: options) : nil
    case .turn(let number):
      let count = Self.count(options)
      return count > 0 ? Self.position(of: Int(number % UInt64(count)), in: options) : nil
    }
  }

  private static func count(_ options: [Option]) -> Int {
    options.reduce(0) { $1.weight > 0 ? $0 + 1 : $0 }
  }

  private static func total(_ options: [Option]) -> Double { options.reduce(0) { $0 + $1.weight } }

  /// Of the one that so many precede, out ones not counted.
  private static func position(of place: Int, in options: [Option]) -> Int? {
    var left = place
    for option in options where option.weight > 0 {
      if left == 0 { return option.position }
      left -= 1
    }
    return nil
  }

  private func least(
    _ options: [Option], _ sight: Sight, isIdleBetter: Bool, random: inout Chance
  ) -> Option? {
    let countsOthers = sight != .none
    var busy: (place: Int, cost: Double, ties: Double)?
    var idleShares = 0.0
    for place in options.indices where options[place].weight > 0 {
      let load = countsOthers ? options[place].own + options[place].others : options[place].own
      if load == 0, isIdleBetter {
        idleShares += Self.idleShare(options[place])
        continue
      }
      let cost = Self.cost(options[place], load)
      guard let former = busy, cost >= former.cost else {
        busy = (place, cost, options[place].weight)
        continue
      }
      guard cost == former.cost else { continue }
      let ties = former.ties + options[place].weight
      let isChosen = Self.falls(options[place].weight, of: ties, &random)
      busy = (isChosen ? place : former.place, cost, ties)
    }
    guard idleShares > 0 else { return busy.map { options[$0.place] } }
    let idle = idle(options, idleShares, sight, random: &random)
    // An idle one is better, unless it is so slow that a busy one is faster all the same.
    if let busy, let idle {
      let option = options[busy.place]
      if Double(option.load(sight) + 1) * option.slowness < idle.slowness { return option }
    }
    return idle
  }

  /// One of those that have nothing to do, by their shares.
  private func idle(_ options: [Option], _ shares: Double, _ sight: Sight, random: inout Chance) -> Option? {
    var mark = random.unit() * shares
    var last: Int?
    for place in options.indices where options[place].weight > 0 && options[place].load(sight) == 0 {
      last = place
      mark -= Self.idleShare(options[place])
      if mark < 0 { break }
    }
    return last.map { options[$0] }
  }

  private static func idleShare(_ option: Option) -> Double {
    option.slowness == 1 ? option.weight : option.weight / (option.slowness * option.slowness)
  }

  private static func falls(_ share: Double, of all: Double, _ random: inout Chance) -> Bool {
    random.unit() * all < share
  }

  /// The better of two that are drawn by weight.
  private func better(_ options: [Option], random: inout Chance) -> Option {
    let total = Self.total(options)
    let first = Self.draw(options, total, but: nil, random: &random)
    let second = Self.draw(options, total - options[first].weight, but: first, random: &random)
    let (one, other) = (options[first], options[second])
    return Self.cost(other, other.load(.old)) < Self.cost(one, one.load(.old)) ? other : one
  }

  private static func draw(_ options: [Option], _ total: Double, but left: Int?, random: inout Chance) -> Int
  {
    var mark = random.unit() * total
    var last = 0
    for (index, option) in options.enumerated() where index != left && option.weight > 0 {
      mark -= option.weight
      last = index
      if mark < 0 { break }
    }
    return last
  }

  /// What `choose` compares, least first; nil where it goes by chance or turns alone. For people: the choice itself is `choose`.
  package static func score(_ option: Option, by way: Way, _ sight: Sight) -> Double? {
    way.heedsLoad && option.weight > 0 ? cost(option, option.load(sight)) : nil
  }

  /// What there would be with one more request, against the endpoint's share.
  private static func cost(_ option: Option, _ load: Int) -> Double {
    Double(load + 1) * option.slowness / option.weight
  }

  /// How slow each endpoint is against the fastest; one of which nothing is known is as fast, so that it is tried.
  package static func relativeTimes(_ times: [Double?]) -> [Double] {
    let fastest = max(times.compactMap { $0 }.min() ?? 1, 0.001)
    return times.map { max($0 ?? fastest, fastest) / fastest }
  }

  /// How slow each endpoint of a pool is against the median of those that are known, as `Option.slowness` wants it: (time / median)^½.
  /// 1 where nothing is known of one, and for those whose load is above the pool's 0.8 quantile: there connections alone count, as
  /// time tells of the load itself (Prequal, NSDI 2024).
  package static func slowness(_ pool: [(time: Double?, load: Int)]) -> [Double] {
    let known = pool.compactMap(\.time).sorted()
    guard known.count > 1, known[known.count / 2] > 0 else { return pool.map { _ in 1 } }
    let median = known[known.count / 2]
    let loads = pool.map(\.load).sorted()
    let hot = loads[min(loads.count - 1, loads.count * 4 / 5)]
    return pool.map { time, load in
      guard let time, load <= hot else { return 1 }
      return (max(time, 0.001) / median).squareRoot()
    }
  }
}

extension Chance {
  /// A number in 0..<1.
  package mutating func unit() -> Double { Double(next() >> 11) * 0x1p-53 }
}
