import Policy

/// What goes wrong in a run.
struct Faults {
  var losesCalls = false
  var redisFails = false
  var replicasCrash = false
  var clockJumps = false
  var redisForgets = false
  /// Of breakers' runs alone: a replica stands still, and a former primary of Redis goes on for a while.
  var replicasPause = false
  var primariesSplit = false

  static let none = Faults()
  var isNone: Bool {
    !losesCalls && !redisFails && !replicasCrash && !clockJumps && !redisForgets && !replicasPause
      && !primariesSplit
  }
  static let all = Faults(
    losesCalls: true, redisFails: true, replicasCrash: true, clockJumps: true, redisForgets: true,
    replicasPause: true, primariesSplit: true)

  static let kinds: [(name: String, faults: Faults)] = [
    ("nothing goes wrong", .none), ("calls are lost", .init(losesCalls: true)),
    ("Redis fails", .init(redisFails: true)), ("replicas crash", .init(replicasCrash: true)),
    ("clocks jump", .init(clockJumps: true)), ("Redis forgets", .init(redisForgets: true)),
    ("everything goes wrong", .all),
  ]
  static let breakerKinds =
    kinds + [
      ("replicas stand still", .init(replicasPause: true)),
      ("a former primary goes on", .init(primariesSplit: true)),
    ]
}

/// A replica's way to Redis, as trouble sees it.
protocol TroubledLink: AnyObject {
  /// Percent of calls that are lost.
  var loss: Int { get set }
  /// The network between the two is cut.
  var isCutOff: Bool { get set }
}

/// Makes trouble with Redis, its clock and the ways to it, every few seconds of a run. (Replicas crash by the hand of whoever has
/// them.)
final class Troubles {
  private let world: World
  private let redis: SimulatedRedis
  private let faults: Faults
  /// How far Redis' clock has jumped in all, forward and back, in milliseconds.
  private(set) var jumped: Int64 = 0

  init(_ world: World, _ redis: SimulatedRedis, _ faults: Faults) {
    self.world = world
    self.redis = redis
    self.faults = faults
  }

  func begin(until end: Int64, _ links: @escaping () -> [any TroubledLink]) {
    guard faults.redisFails || faults.clockJumps || faults.redisForgets || faults.losesCalls else { return }
    world.after(world.between(500, 8_000)) { [self] in
      guard world.now < end else { return }
      make(links())
      begin(until: end, links)
    }
  }

  private func make(_ links: [any TroubledLink]) {
    switch world.random.below(5) {
    case 0 where faults.redisFails: redis.health = [.up, .hanging, .gone][world.random.below(3)]
    case 1 where faults.redisFails: links.randomElement(using: &world.random)?.isCutOff.toggle()
    case 2 where faults.clockJumps: jump()
    case 3 where faults.redisForgets && world.chance(30): redis.loseAll()
    case 4 where faults.losesCalls:
      links.randomElement(using: &world.random)?.loss = world.random.below(20)
    default: redis.health = .up
    }
  }

  private func jump() {
    let jump = [1_000, 3_600_000, -1_000, -3_600_000][world.random.below(4)] as Int64
    redis.skew += jump
    jumped += abs(jump)
  }

  func heal(_ links: [any TroubledLink]) {
    redis.health = .up
    for link in links {
      link.isCutOff = false
      link.loss = 0
    }
  }
}
