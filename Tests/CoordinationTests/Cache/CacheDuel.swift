import Policy

@testable import Coordination

/// One random sequence of operations on one answer or two, on Redis and on the twin.
struct CacheDuel {
  struct Difference: Error, CustomStringConvertible {
    let description: String
  }

  /// Each script's source; a test changes them to see a difference found.
  struct Sources {
    var lock: String
    var renew: String
    var fill: String
    var release: String

    init(
      _ scripts: CacheScripts = CacheScripts(clock: .argument), plant: @escaping (String) -> String = { $0 }
    ) {
      let changed = { (script: Script) in plant(CacheDuel.stretched(script.source)) }
      (lock, renew) = (changed(scripts.lock), changed(scripts.renew))
      (fill, release) = (changed(scripts.fill), changed(scripts.release))
    }
  }

  private let redis: RedisUnderTest
  private let sources: Sources
  private var random: Chance
  private var twin = CacheStore()
  /// Redis' clock, as far as the scripts know.
  private var now: Int64
  private var places: [CacheKeys]
  private var published: Int64 = 0
  private var journal: [String] = []

  init(_ redis: RedisUnderTest, seed: UInt64, _ sources: Sources = Sources()) {
    self.redis = redis
    self.sources = sources
    random = Chance(seed: seed)
    now = 1_790_000_000_000 + Int64(random.below(1_000_000))
    places = ["a1", "b2"].compactMap { CacheKeys(tenant: "acme", hash: $0) }
  }

  /// Redis' own clock runs while the duel's stands still: lifetimes are stretched, so that nothing expires by it, and their lengths
  /// can be compared to the millisecond. What is left of them follows the duel's clock: `moveTime`.
  private static let stretch: Int64 = 100_000

  private static func stretched(_ source: String) -> String {
    source.replacing("call('PSETEX', key, lifetime,", with: "call('PSETEX', key, \(stretch) * lifetime,")
      .replacing("< lifetime + 0 then", with: "< \(stretch) * lifetime then")
      .replacing(
        "call('PEXPIRE', KEYS[2], lifetime)", with: "call('PEXPIRE', KEYS[2], \(stretch) * lifetime)"
      )
      .replacing("call('PSETEX', KEYS[2], ARGV[2],", with: "call('PSETEX', KEYS[2], \(stretch) * ARGV[2],")
  }

  func run() throws {
    var duel = self
    _ = try redis.send("FLUSHALL")
    _ = try redis.send("CONFIG", "RESETSTAT")
    for _ in 0..<(6 + duel.random.below(30)) { try duel.step() }
    try duel.comparePublished()
  }

  private mutating func step() throws {
    let before = twin
    let keys = places[random.below(4) == 0 ? 1 : 0]
    switch random.below(12) {
    case 0, 1: try look(keys)
    case 2..<5: try lock(keys)
    case 5..<8: try fill(keys)
    case 8: try release(keys)
    case 9: try renew(keys)
    default: try moveTime()
    }
    for keys in places {
      try compareAnswer(keys, before)
      try compareLock(keys, before)
    }
  }

  // MARK: Operations

  private mutating func look(_ keys: CacheKeys) throws {
    let claims = random.below(2) == 0
    let claim = claims ? CacheClaim(owner: someOwner(), lifetime: someLifetime(), seen: 0) : nil
    journal.append("\(now) get \(keys.answer) \(claim.map { "\($0)" } ?? "")")
    let look = CacheLook(keys: keys)
    if let claim {
      var words = look.take(claim, now: now)
      words[4] = String(Self.stretch * claim.lifetime)
      _ = try redis.send(words)
    }
    let reply = Reply(try redis.send(look.find))
    let expected = claim.map { twin.get(keys, claiming: $0, now: now) } ?? twin.get(keys, now: now)
    try compare(expected, CacheLookup(reply, claiming: claim?.owner, now: now))
  }

  private mutating func lock(_ keys: CacheKeys) throws {
    let seen = random.below(4) == 0 ? 0 : twin.get(keys, now: now).seen
    let claim = CacheClaim(owner: someOwner(), lifetime: someLifetime(), seen: seen)
    journal.append("\(now) lock \(keys.lock) \(claim)")
    let reply = try call(sources.lock, CacheCall(claim, keys))
    try compare(twin.lock(keys, claim, now: now), CacheClaim.Reply(reply))
  }

  private mutating func renew(_ keys: CacheKeys) throws {
    let (owner, lifetime) = (someOwner(), someLifetime())
    journal.append("\(now) renew \(keys.lock) \(owner) \(lifetime)")
    let reply = try call(sources.renew, CacheCall(renewing: keys, owner: owner, lifetime: lifetime))
    let expected: Int64 = twin.renew(keys, owner: owner, lifetime: lifetime, now: now) ? 1 : 0
    try compare(Reply.number(expected), reply)
  }

  private mutating func fill(_ keys: CacheKeys) throws {
    let fill = CacheFill(
      owner: someOwner(), meta: someMeta(), body: Array("body \(random.below(1_000))".utf8),
      kept: [1, 30_000, 900_000][random.below(3)])
    journal.append("\(now) fill \(keys.lock) \(fill)")
    let reply = twin.fill(keys, fill, now: now)
    try compare(reply, CacheFill.Reply(try call(sources.fill, CacheCall(fill, keys))))
    if reply == .filled { published += 1 }
  }

  private mutating func release(_ keys: CacheKeys) throws {
    let owner = someOwner()
    journal.append("\(now) release \(keys.lock) \(owner)")
    let isReleased = twin.release(keys, owner: owner, now: now)
    let reply = try call(sources.release, CacheCall(releasing: keys, owner: owner))
    try compare(Reply.number(isReleased ? 1 : 0), reply)
    if isReleased { published += 1 }
  }

  /// Mostly forward, seldom back, a little or an hour. What has expired by the twin's clock is taken from Redis, whose own stands still.
  private mutating func moveTime() throws {
    let steps: [Int64] = [1, 7, 900, 5_000, 29_999, 61_000, 1_000_000, -3_000, -5_001, -3_600_000]
    now += steps[random.below(steps.count)]
    journal.append("\(now) is now")
    for (keys, entry) in twin.entries { try expire(keys.answer, entry.expires) }
    for (keys, lock) in twin.firstLocks { try expire(keys.answer, lock.until) }
    for (keys, lock) in twin.locks { try expire(keys.lock, lock.until) }
    twin.sweep(now: now)
  }

  private func expire(_ key: String, _ moment: Int64) throws {
    _ = try redis.send("PEXPIRE", key, String(Self.stretch * max(0, moment - now)))
  }

  // MARK: Choices

  private mutating func someOwner() -> String { "r1:\(random.below(3))" }
  private mutating func someLifetime() -> Int64 { [1, 1_000, 35_000][random.below(3)] }

  private mutating func someMeta() -> CachedMeta {
    CachedMeta(
      kind: CachedMeta.Kind.allCases[random.below(3)], status: 200 + random.below(300),
      type: ["text/event-stream", "application/json; charset=utf-8", ""][random.below(3)],
      ttl: Int64(random.below(600_000)), delta: Int64(random.below(9_000)),
      usage: .init(input: Int64(random.below(99)), output: 7, cached: 1, reasoning: 1_000_000_000_000),
      encoding: CachedMeta.Encoding.allCases[random.below(2)], bytes: Int64(random.below(1 << 20)))
  }

  // MARK: Redis

  private func call(_ source: String, _ call: CacheCall) throws -> Reply {
    let arguments = call.arguments.map { String(decoding: $0, as: UTF8.self) }
    let reply = try redis.send(
      ["EVAL", source, String(call.keys.count)] + call.keys + arguments + [String(now)])
    if case .error(let text) = reply { throw difference("an error: \(text)") }
    return Reply(reply)
  }

  // MARK: Comparing

  private func compare<Value: Equatable>(_ twin: Value, _ redis: Value?) throws {
    if redis != twin { throw difference("twin: \(twin), Redis: \(String(describing: redis))") }
  }

  private func compareAnswer(_ keys: CacheKeys, _ before: CacheStore) throws {
    let entry = twin.entries[keys]
    let expected = entry.map { entry in
      "\(entry.answer.created) \(entry.owner) \(entry.answer.meta.line)"
        + String(decoding: entry.answer.body, as: UTF8.self)
    }
    let lock = twin.firstLocks[keys]
    try compare(expected ?? lock?.text, try text(keys.answer))
    if entry != nil, lock != nil { throw difference("the twin has an answer and a lock in one place") }
    if let entry, entry != before.entries[keys] {
      try compare(entry.expires - now, try timeLeft(keys.answer))
    }
    if let lock, lock != before.firstLocks[keys] { try compare(lock.until - now, try timeLeft(keys.answer)) }
  }

  private func compareLock(_ keys: CacheKeys, _ before: CacheStore) throws {
    let lock = twin.locks[keys]
    try compare(lock?.text, try text(keys.lock))
    if let lock, lock != before.locks[keys] { try compare(lock.until - now, try timeLeft(keys.lock)) }
  }

  private func comparePublished() throws {
    guard case .text(let stats) = try redis.send("INFO", "commandstats") else { throw difference("no stats") }
    let calls = stats.firstMatch(of: #/cmdstat_publish:calls=(\d+)/#).flatMap { Int64($0.1) }
    try compare(published, calls ?? 0)
  }

  private func timeLeft(_ key: String) throws -> Int64? {
    guard case .number(let left) = try redis.send("PTTL", key) else { return nil }
    return (left + Self.stretch - 1) / Self.stretch
  }

  private func text(_ key: String) throws -> String? {
    if case .text(let text) = try redis.send("GET", key) { text } else { nil }
  }

  private func difference(_ text: String) -> Difference {
    Difference(description: ([text] + journal).joined(separator: "\n"))
  }
}

extension Reply {
  /// What the blocking client of the tests read.
  init(_ reply: RedisUnderTest.Reply) {
    self =
      switch reply {
      case .text(let text): .bytes(Array(text.utf8))
      case .number(let number): .number(number)
      case .list(let parts): .list(parts.map { Reply($0) })
      case .none: .none
      case .error(let text): .error(RedisError(text))
      }
  }
}
