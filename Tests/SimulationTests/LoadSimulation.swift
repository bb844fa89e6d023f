import Policy

/// Replicas that tell each other what they have in flight by the shipped `LoadSharing`, over a Redis that is `LoadStore`: calls and
/// replies take their time and are lost, replicas die and are started anew. Checks invariant I5 (algorithms §10) at each step.
final class LoadSimulation {
  struct Broken: Error, CustomStringConvertible { let description: String }

  private final class Replica {
    let name: String
    var sharing = LoadSharing()
    var isAlive = true
    var count = 0
    /// What it had in flight, since when.
    var history: [(at: Int64, count: Int)] = [(0, 0)]
    var others = 0
    var readAt: Int64?
    /// What the others' counts were made of.
    var seen: [String: Int] = [:]

    init(_ name: String) { self.name = name }

    /// Whether it had so many at some time since then.
    func had(_ value: Int, since: Int64) -> Bool {
      let last = history.lastIndex { $0.at <= since } ?? 0
      return history[last...].contains { $0.count == value }
    }
  }

  private static let endpoint = "pool/a"
  /// Milliseconds that a call or a reply takes at most.
  private static let slowest: Int64 = 20

  private let world: World
  private let faults: Faults
  private var store = LoadStore()
  private var replicas: [Replica] = []
  private var dead: [String: Int64] = [:]
  private var isQuiet = false
  private(set) var reads = 0
  private(set) var busyReads = 0

  init(seed: UInt64, replicas count: Int, faults: Faults) {
    world = World(seed: seed)
    self.faults = faults
    for number in 0..<count { start("r\(number)") }
  }

  func run() throws {
    try step(until: 20_000)
    isQuiet = true
    for replica in replicas { change(replica, to: 0) }
    try step(until: 23_000)
    for replica in replicas where sight(of: replica) != .none && replica.others != 0 {
      throw Broken(description: "\(replica.name) sees \(replica.others) in flight where nothing is")
    }
    guard store.entries.values.allSatisfy({ !$0.isCurrent(at: world.now) || $0.loads[Self.endpoint] == 0 })
    else { throw Broken(description: "something is left in flight") }
  }

  private func step(until end: Int64) throws {
    while world.now < end {
      world.run(until: world.now + 10)
      for replica in replicas { try check(replica) }
      if faults.replicasCrash, !isQuiet, world.random.below(300) == 0 { crash() }
    }
  }

  private func start(_ name: String) {
    let replica = Replica(name)
    replicas.append(replica)
    tick(replica)
    serve(replica)
  }

  private func crash() {
    let victim = replicas.remove(at: world.random.below(replicas.count))
    victim.isAlive = false
    dead[victim.name] = world.now
    start("\(victim.name)'")
  }

  // MARK: A replica

  private func serve(_ replica: Replica) {
    world.after(world.between(1, 200)) { [self] in
      guard replica.isAlive else { return }
      if !isQuiet { change(replica, to: max(0, replica.count + world.random.below(7) - 3)) }
      serve(replica)
    }
  }

  private func change(_ replica: Replica, to count: Int) {
    replica.count = count
    replica.history.append((world.now, count))
  }

  private func tick(_ replica: Replica) {
    world.after(100 + world.between(0, 3)) { [self] in
      guard replica.isAlive else { return }
      let loads = EndpointLoads([Self.endpoint: replica.count])
      if let turn = replica.sharing.next(loads, replicas: replicas.count, now: world.now) {
        tell(turn, replica)
      }
      tick(replica)
    }
  }

  private func tell(_ turn: LoadSharing.Turn, _ replica: Replica) {
    let asked = world.now
    guard !isLost else { return lose(replica) }
    world.after(world.between(0, Self.slowest)) { [self] in
      _ = store.tell(turn.loads, of: replica.name, sequence: turn.sequence, now: world.now)
      if turn.sweeps { store.sweep(now: world.now) }
      let (entries, at) = (store.entries, world.now)
      guard !isLost else { return lose(replica) }
      world.after(world.between(0, Self.slowest)) { [self] in
        if turn.wantsAll { take(entries, at, asked, replica) }
      }
    }
  }

  private var isLost: Bool { faults.losesCalls && world.chance(10) }

  private func lose(_ replica: Replica) { world.after(25) { replica.sharing.failed() } }

  /// As the router does (`ClusterLoads.take`).
  private func take(_ entries: [String: LoadStore.Entry], _ now: Int64, _ asked: Int64, _ replica: Replica) {
    replica.seen = [:]
    for (name, entry) in entries where name != replica.name && entry.isCurrent(at: now) {
      replica.seen[name] = entry.loads[Self.endpoint]
    }
    replica.others = replica.seen.values.reduce(0, +)
    replica.readAt = asked
    reads += 1
    if replica.others > 0 { busyReads += 1 }
  }

  private func sight(of replica: Replica) -> Balancer.Sight {
    Balancer.Sight(age: replica.readAt.map { world.now - $0 }, replicas: replicas.count)
  }

  // MARK: I5

  /// What a replica goes by was true of each other a moment ago, and nothing of a dead one longer than 1.5 s.
  private func check(_ replica: Replica) throws {
    let sight = sight(of: replica)
    guard sight != .none, replicas.count > 1, let readAt = replica.readAt else { return }
    // Told within 100 ms of any change, and twice that where nothing changes; a lost call is said again.
    let delay = faults.losesCalls ? LoadStore.current : 200 + 4 * Self.slowest
    for (name, count) in replica.seen {
      guard count >= 0 else { throw Broken(description: "\(name) has \(count) in flight") }
      if let died = dead[name], count > 0, world.now - died > 1_500, sight == .fresh {
        throw Broken(description: "\(name) died \(world.now - died) ms ago and counts \(count)")
      }
      guard let other = replicas.first(where: { $0.name == name }) else { continue }
      if !other.had(count, since: readAt - delay) {
        throw Broken(description: "\(replica.name) takes \(name) for having \(count), and it had not lately")
      }
    }
  }
}
