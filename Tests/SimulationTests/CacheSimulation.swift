import Coordination
import NIOEmbedded
import Policy

@testable import Gateway

/// Workers of several replicas whose flight desks share answers over a simulated Redis, clock and network.
///
/// Held after each step: I10, that whoever is served is served what its own request was answered with, whole and fresh, and never what
/// a call that failed had begun; that of two calls for the same only one is stored; that nobody waits longer than it has time for; and
/// where nothing goes wrong, that there is one call at a time. At the end no flight, lock or waiter is left.
final class CacheSimulation {
  struct Violation: Error, CustomStringConvertible {
    let description: String
  }

  /// One worker, from its start to its end.
  private final class Worker {
    let cache: SimulatedCache
    let desk: FlightDesk
    var isAlive = true

    init(_ world: World, _ redis: SimulatedRedis, number: Int) {
      cache = SimulatedCache(world, redis, number: number)
      var serial = 0
      desk = FlightDesk(
        cache,
        makeID: {
          serial += 1
          return "w\(number):\(serial)"
        }, clock: { world.now })
    }
  }

  /// An exchange that asks for one of the answers, as the gateway's pipeline takes it through the desk.
  private final class Asking {
    let keys: CacheKeys
    let worker: Worker
    let began: Int64
    var looks = 0
    var seen: Int64 = 0
    var holder: CacheLookup.Holder?

    init(_ keys: CacheKeys, _ worker: Worker, _ began: Int64) {
      self.keys = keys
      self.worker = worker
      self.began = began
    }
  }

  private let world: World
  private let redis: SimulatedRedis
  private let faults: Faults
  private let troubles: Troubles
  private let executor = LoopExecutor(loop: EmbeddedEventLoop())
  private let requests: [CacheKeys]
  private var workers: [Worker] = []
  private var started = 0
  private var open = 0
  private var violation: Violation?

  /// Calls under way for each request, but those of exchanges that no longer wait for anybody.
  private var calls: [CacheKeys: Int] = [:]
  private var nextCall = 0
  /// Calls that came to something.
  private var whole: Set<String> = []
  private(set) var made = 0
  private(set) var served = 0
  private(set) var shared = 0

  /// Milliseconds that the provider takes at most, that an exchange waits for another's, and that an answer is fresh.
  private let slowest: Int64
  private let patience: Int64
  private static let bound: Int64 = 8_000
  private static let ttl: Int64 = 2_000
  private static let length: Int64 = 20_000
  private static let calm: Int64 = 15_000

  init(seed: UInt64, faults: Faults) {
    world = World(seed: seed)
    redis = SimulatedRedis(world)
    self.faults = faults
    troubles = Troubles(world, redis, faults)
    requests = ["a", "b"].flatMap { tenant in
      ["00ff", "11ee"].compactMap { CacheKeys(tenant: tenant, hash: $0) }
    }
    slowest = [50, 700, 3_000][world.random.below(3)]
    patience = faults.isNone || world.chance(30) ? .max : 1_500
    for _ in 0..<(1 + world.random.below(6)) { workers.append(start()) }
  }

  // MARK: A run

  func run() throws {
    arrive()
    troubles.begin(until: Self.length) { [self] in workers.map(\.cache) }
    world.run(until: Self.length)
    troubles.heal(workers.map(\.cache))
    world.run(until: Self.length + Self.calm)
    if violation == nil { checkEnd() }
    if let violation { throw violation }
  }

  private func start() -> Worker {
    started += 1
    let worker = Worker(world, redis, number: started)
    tick(worker)
    return worker
  }

  private func tick(_ worker: Worker) {
    world.after(100) { [self] in
      guard worker.isAlive else { return }
      worker.desk.tick()
      tick(worker)
    }
  }

  private func arrive() {
    world.after(world.between(1, 400)) { [self] in
      guard world.now < Self.length, violation == nil else { return }
      let place = world.random.below(workers.count)
      if faults.replicasCrash, world.chance(2) { crash(place) }
      let keys = requests[world.random.below(requests.count)]
      for _ in 0..<[1, 1, 5][world.random.below(3)] { ask(keys, workers[world.random.below(workers.count)]) }
      arrive()
    }
  }

  private func crash(_ place: Int) {
    let worker = workers[place]
    worker.isAlive = false
    for keys in requests { worker.cache.unwatch(keys) }
    workers[place] = start()
  }

  // MARK: One exchange

  private func ask(_ keys: CacheKeys, _ worker: Worker) {
    open += 1
    look(Asking(keys, worker, world.now))
  }

  private func look(_ asking: Asking) {
    asking.looks += 1
    let desk = asking.worker.desk
    if let flight = desk.flights[asking.keys], flight.seen == 0 { return joinOrLead(asking) }
    // Whether it is admitted already.
    desk.look(asking.keys, leadingFor: world.chance(50) ? patience : nil) { [self] lookup, flight in
      guard asking.worker.isAlive else { return abandon() }
      if let flight { return call(asking, flight) }
      (asking.seen, asking.holder) = (lookup?.seen ?? 0, lookup?.holder)
      if let lookup, let answer = lookup.answer, CacheAge(answer, now: lookup.now).isFresh {
        shared += 1
        return serve(asking, answer, isStored: true)
      }
      world.after(world.between(0, 3)) { [self] in  // while it is admitted
        asking.worker.isAlive ? joinOrLead(asking) : abandon()
      }
    }
  }

  private func joinOrLead(_ asking: Asking) {
    let desk = asking.worker.desk
    if let flight = desk.flights[asking.keys] {
      return flight.isOpen ? follow(flight, asking) : call(asking, nil)
    }
    if let holder = asking.holder {
      asking.holder = nil
      return follow(desk.follow(asking.keys, holder, seen: asking.seen, patience: patience), asking)
    }
    var begun: Flight?
    var reply: CacheClaim.Reply??
    begun = desk.begin(asking.keys, seen: asking.seen, patience: patience) { [self] answer in
      reply = .some(answer)
      if let begun { claimed(asking, begun, answer) }
    }
    if let begun, let reply { claimed(asking, begun, reply) }
  }

  private func claimed(_ asking: Asking, _ flight: Flight, _ reply: CacheClaim.Reply?) {
    guard asking.worker.isAlive else { return abandon() }
    switch reply {
    case .got, nil: call(asking, flight)
    case .held, .changed:
      if asking.worker.desk.flights[asking.keys] === flight { return follow(flight, asking) }
      asking.looks < CacheVisit.mostLooks ? look(asking) : call(asking, nil)
    }
  }

  private func follow(_ flight: Flight, _ asking: Asking) {
    let waiter = FlightWaiter(until: world.now + Self.bound, executor)
    asking.worker.desk.join(waiter, flight)
    wait(waiter, flight, asking)
  }

  private func wait(_ waiter: FlightWaiter, _ flight: Flight, _ asking: Asking) {
    guard asking.worker.isAlive else { return abandon() }
    switch waiter.outcome.value {
    case nil:
      if world.now > waiter.until + 200 { return fail("I10: somebody waits since \(asking.began)") }
      world.after(20) { [self] in wait(waiter, flight, asking) }
    case .answer(let answer, _):
      shared += 1
      serve(asking, answer, isStored: false)
    case .lead: call(asking, flight)
    case .alone, .live: call(asking, nil)
    }
  }

  /// Calls the provider: for a flight, or for the exchange alone.
  private func call(_ asking: Asking, _ flight: Flight?) {
    let keys = asking.keys
    nextCall += 1
    made += 1
    let name = "\(keys.answer) \(nextCall)"
    if flight != nil {
      calls[keys, default: 0] += 1
      if faults.isNone, calls[keys] != 1 {
        fail("I10: \(calls[keys] ?? 0) calls at a time for \(keys.answer)")
      }
    }
    world.after(world.between(1, slowest)) { [self] in
      if flight != nil { calls[keys, default: 0] -= 1 }
      guard asking.worker.isAlive else { return abandon() }
      if let flight, world.chance(10) {
        asking.worker.desk.fail(flight, isHopeless: world.chance(30))
        open -= 1
        return
      }
      whole.insert(name)
      let answer = Self.answer(name, created: redis.now)
      if let flight { asking.worker.desk.land(flight, answer, kept: Self.ttl) { _ in } }
      serve(asking, answer, isStored: false)
    }
  }

  private static func answer(_ name: String, created: Int64) -> CachedAnswer {
    let meta = CachedMeta(
      kind: .plain, status: 200, type: "text/plain", ttl: ttl, delta: 1, usage: .init(), encoding: .identity,
      bytes: Int64(name.utf8.count))
    return CachedAnswer(meta: meta, created: created, body: Array(name.utf8))
  }

  private func abandon() { open -= 1 }

  // MARK: Invariants

  private func serve(_ asking: Asking, _ answer: CachedAnswer, isStored: Bool) {
    open -= 1
    served += 1
    let name = String(decoding: answer.body, as: UTF8.self)
    if !whole.contains(name) { return fail("I10: \(name) is no whole answer") }
    if !name.hasPrefix(asking.keys.answer + " ") { return fail("I10: \(name) for \(asking.keys.answer)") }
    if isStored, !faults.clockJumps, redis.now - answer.created > Self.ttl + 50 {
      fail("I10: an answer of \(redis.now - answer.created) ms ago")
    }
  }

  private func checkEnd() {
    redis.cache.sweep(now: redis.now)
    if open != 0 { fail("I9: \(open) exchanges have no end") }
    if !redis.cache.isEmpty && !faults.clockJumps { fail("I10: a lock or a listener is left") }
    for worker in workers where !worker.desk.flights.isEmpty { fail("I10: a flight is left") }
    for (keys, stored) in redis.cache.stored {
      for (one, next) in zip(stored, stored.dropFirst()) where next.began < one.ended {
        fail("I10: \(one.owner) and \(next.owner) stored \(keys.answer), which were at it at the same time")
      }
    }
  }

  private func fail(_ text: String) {
    if violation == nil { violation = Violation(description: "at \(world.now) ms: \(text)") }
  }
}
