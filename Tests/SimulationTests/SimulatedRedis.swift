import Coordination
import Policy

/// A Redis: the scripts' twins, with a clock of its own, which answers, hangs or is gone.
final class SimulatedRedis {
  enum Health { case up, hanging, gone }

  private let world: World
  private(set) var store = LimitStore()
  let cache = SimulatedCacheStore()
  let breakers = SimulatedBreakerStore()
  /// Of a primary that has been replaced and does not know it: some replicas are still there.
  var formerBreakers: SimulatedBreakerStore?
  let control = SimulatedControlStore()
  var formerControl: SimulatedControlStore?
  var health = Health.up
  /// How far its clock is from the world's, in milliseconds.
  var skew: Int64 = 1_790_000_000_000 {
    didSet {
      for store in [breakers, formerBreakers] { store?.clockChanged() }
      for store in [control, formerControl] { store?.clockChanged(by: skew - oldValue) }
    }
  }
  /// How often all was lost.
  private(set) var losses = 0
  private var members: [String: Int64] = [:]
  /// Tokens that were charged to a watched bucket, less what was given back; by what the bucket holds, not by what was asked for.
  var charged: Int64 { (watched?.rule.window).map { units / $0 } ?? 0 }
  private var units: Int64 = 0
  private let watched: (key: String, rule: Bucket.Rule)?

  init(_ world: World, watched: (key: String, rule: Bucket.Rule)? = nil) {
    self.world = world
    self.watched = watched
  }

  var now: Int64 { world.now + skew }

  func loseAll() {
    store = LimitStore()
    cache.loseAll()
    breakers.loseAll()
    control.loseAll(now: now)
    members = [:]
    losses += 1
  }

  func run<Value>(_ body: (inout LimitStore, _ now: Int64) -> Value) -> Value {
    let before = watchedLevel
    defer { units += before - watchedLevel }
    return body(&store, now)
  }

  /// What the watched bucket holds now.
  private var watchedLevel: Int64 {
    guard let (key, rule) = watched else { return 0 }
    guard let entry = store.entries[key], entry.expires > now, case .bucket(let bucket, _) = entry.value
    else {
      return rule.capacity
    }
    return bucket.refilled(rule, now: now).level
  }

  func beat(_ name: String) -> Int {
    members = members.filter { $0.value > now }
    members[name] = now + 10_000
    return members.count
  }
}

/// A replica's way to that Redis: calls take time, and some are lost on the way there or back.
final class SimulatedState: SharedState, TroubledLink {
  private let world: World
  private let redis: SimulatedRedis
  private let replica: ReplicaState
  var loss = 0
  var isCutOff = false
  /// Percent of what is asked that Redis does twice, the second time a little later.
  var duplicates = 0
  /// Whether the Redis that it talks to is a former primary.
  var isAtFormer = false
  let standstill = Standstill()
  /// Called once, when it has asked for something that only who leads wants to know.
  var whenItLeads: (() -> Void)?
  /// When it last heard of Redis, in the world's milliseconds.
  private(set) var heardAt: Int64 = 0
  private static let timeout: Int64 = 25

  init(_ world: World, _ redis: SimulatedRedis, _ replica: ReplicaState) {
    self.world = world
    self.redis = redis
    self.replica = replica
  }

  var isConnected: Bool { redis.health != .gone && !isCutOff }
  var isAvailable: Bool { isConnected && replica.isClosed }
  var now: Int64 { replica.clock.now }

  func admit(
    _ admission: Admission, _ completion: @escaping (Result<Admission.Reply, StateFailure>) -> Void
  ) {
    call({ $0.admit(admission, now: $1) }, completion)
  }

  func settle(
    _ settling: Settling, _ completion: @escaping (Result<Settling.Reply, StateFailure>) -> Void
  ) {
    call({ $0.settle(settling, now: $1) }, completion)
  }

  func charge(_ admission: Admission, _ completion: @escaping (Result<Bool, StateFailure>) -> Void) {
    call({ $0.charge(admission, now: $1) }, completion)
  }

  func renew(
    _ ids: [String], of key: String, _ rule: Slots.Rule,
    _ completion: @escaping (Result<Void, StateFailure>) -> Void
  ) {
    call({ $0.renew(ids, of: key, rule, now: $1) }, completion)
  }

  func lease(_ call: LeaseCall, _ completion: @escaping (Result<LeaseCall.Reply, StateFailure>) -> Void) {
    self.call({ $0.lease(call, now: $1) }, completion)
  }

  func flush() {}
  func flushSoon() {}
  func close() {}

  func beat() {
    guard isConnected, replica.isClosed ? replica.isDue(.beat) : replica.mayProbe(nanoseconds) else { return }
    let name = replica.name
    call({ [redis] _, now in (now, redis.beat(name)) }) { [replica] result in
      guard case .success(let (now, count)) = result else { return }
      replica.clock.set(now)
      replica.counted(count)
    }
  }

  private var nanoseconds: Int64 { world.now * 1_000_000 }

  private func call<Value>(
    _ operation: @escaping (inout LimitStore, _ now: Int64) -> Value,
    _ completion: @escaping (Result<Value, StateFailure>) -> Void
  ) {
    ask({ $0.run(operation) }, completion)
  }

  /// There in 0 to 3 ms and back in as many, or never.
  func ask<Value>(
    _ operation: @escaping (SimulatedRedis) -> Value,
    _ completion: @escaping (Result<Value, StateFailure>) -> Void
  ) {
    var isOver = false
    let end = { [self] (result: Result<Value, StateFailure>) in
      guard !isOver else { return }
      isOver = true
      if case .success = result {
        heardAt = world.now
        _ = replica.succeeded(nanoseconds)
      } else {
        _ = replica.failed(nanoseconds)
      }
      completion(result)
    }
    guard isConnected else { return end(.failure(.unavailable)) }
    world.after(Self.timeout) { [standstill] in standstill.run { end(.failure(.timeout)) } }
    if world.chance(loss) { return }
    world.after(world.between(0, 3)) { [self] in
      guard isConnected, redis.health == .up else { return }
      let value = operation(redis)
      if duplicates > 0, world.chance(duplicates) {
        world.after(world.between(0, 400)) { [self] in
          if isConnected, redis.health == .up { _ = operation(redis) }
        }
      }
      if world.chance(loss) { return }
      world.after(world.between(0, 3)) { [self] in
        standstill.run { [self] in if isConnected { end(.success(value)) } }
      }
    }
  }
}
