import Policy
import Testing

/// Random schedules of a cache before a `KeyStore`: whatever order things happen in, what was revoked is used no longer than the bound.
struct KeyCacheSimulationTests {
  @Test func aRevokedKeyIsUsedNoLongerThanTheBound() throws {
    var worst: Int64 = 0
    var used = 0
    let first = UInt64.random(in: 0..<1 << 40)
    for seed in first..<first + 40 {
      var world = KeyWorld(seed: seed)
      do { try world.run() } catch { Issue.record("seed \(seed): \(error)") }
      worst = max(worst, world.oldest)
      used += world.used
    }
    // It must come near to the bound, and answer at all, to have shown anything.
    #expect(worst > 700 && worst <= 1_000 && used > 5_000)
  }

  /// The simulation finds a cache that is wrong: one that takes answers from before a change for current.
  @Test func aCacheThatMissesChangesIsFound() {
    #expect(throws: KeyWorld.Broken.self) {
      for seed in 0..<300 as Range<UInt64> {
        var world = KeyWorld(seed: seed)
        world.losesChanges = true
        try world.run()
      }
    }
  }
}

/// A cache, a store and the time that calls between them take.
struct KeyWorld {
  struct Broken: Error, CustomStringConvertible {
    let description: String
  }

  private enum Reply {
    case read(Int, KeyEntry)
    case failed(Int)
    case polled(KeyChanges, sent: Int64)
    case published(Int)
  }

  private enum Call {
    case read(Int)
    case poll(since: Int64, sent: Int64)
  }

  var losesChanges = false
  private(set) var oldest: Int64 = 0
  private(set) var used = 0

  private static let keys = 5
  private let names = KeyNames(prefix: "sy")
  private var random: Chance
  private var cache: KeyCache<Int64>
  private var store: KeyStore
  private var now: Int64 = 50_000
  private var calls: [(at: Int64, call: Call)] = []
  private var replies: [(at: Int64, reply: Reply)] = []
  private var waiting: [Int: Int] = [:]
  private var revokedAt: [Int: Int64] = [:]
  private var requests = 0
  private var nextPoll: Int64 = 0

  init(seed: UInt64) {
    random = Chance(seed: seed)
    var bounds = KeyCacheBounds()
    bounds.recheck = 3_000
    cache = KeyFixture.cache(bounds)
    store = KeyStore(names, mostChanges: 4, mostTold: 2)
  }

  mutating func run() throws {
    for number in 0..<Self.keys { try put(number) }
    for _ in 0..<1_500 {
      now += Int64(random.below(30))
      try deliver()
      if now >= nextPoll { poll() }
      if random.below(40) == 0 { try change(random.below(Self.keys)) }
      for _ in 0..<random.below(3) { try arrive(random.below(Self.keys + 1)) }
    }
  }

  // MARK: Keys

  private mutating func put(_ number: Int) throws {
    requests += 1
    let record = names.record(KeyFixture.id(number).description)
    let version = store.fields(record, now: now)["version"].flatMap(Int64.init) ?? 0
    let terms = try KeyTerms(digest: KeyFixture.digest(number), tenant: "acme")
    let put = KeyPut(
      KeyFixture.id(number).description, terms, replacing: version, request: "r\(requests)", in: names)
    _ = store.put(put, now: now)
    note(number)
  }

  /// Sets a key anew or, seldom, revokes it.
  private mutating func change(_ number: Int) throws {
    guard random.below(4) == 0, revokedAt[number] == nil else { return try put(number) }
    _ = store.revoke(names.record(KeyFixture.id(number).description), now: now)
    revokedAt[number] = now
    note(number)
  }

  /// What is published may be lost.
  private mutating func note(_ number: Int) {
    _ = store.note(KeyFixture.id(number).description, isListed: true, now: now)
    if random.below(2) == 0 { replies.append((now + Int64(random.below(60)), .published(number))) }
  }

  // MARK: Calls

  private mutating func poll() {
    nextPoll = now + KeyCacheBounds.pollPeriod
    // One in ten is lost on its way.
    if random.below(10) > 0 {
      calls.append((now + Int64(random.below(60)), .poll(since: cache.epoch, sent: now)))
    }
  }

  private mutating func read(_ number: Int) { calls.append((now + Int64(random.below(60)), .read(number))) }

  /// What happens at Redis and what comes back, each at its time.
  private mutating func deliver() throws {
    for (at, call) in calls where at <= now { perform(call, at) }
    calls.removeAll { $0.at <= now }
    let due = replies.filter { $0.at <= now }
    replies.removeAll { $0.at <= now }
    for (_, reply) in due { try handle(reply) }
  }

  private mutating func perform(_ call: Call, _ at: Int64) {
    let back = now + Int64(random.below(60))
    switch call {
    case .read(let number):
      let fields = store.fields(names.record(KeyFixture.id(number).description), now: at)
      guard random.below(10) > 0, let entry = try? KeyEntry(fields: fields) else {
        return replies.append((back, .failed(number)))
      }
      replies.append((back, .read(number, entry)))
    case .poll(let epoch, let sent):
      replies.append((back, .polled(store.changes(since: epoch, now: at), sent: sent)))
    }
  }

  private mutating func handle(_ reply: Reply) throws {
    switch reply {
    case .read(let number, let entry):
      try wake(number, cache.answered(KeyFixture.id(number), finding(entry), now: now))
    case .failed(let number): try wake(number, cache.failed(KeyFixture.id(number)))
    case .published(let number): if !losesChanges { cache.changed([KeyFixture.id(number).description]) }
    case .polled(let changes, let sent): polled(changes, sent)
    }
  }

  private mutating func polled(_ changes: KeyChanges, _ sent: Int64) {
    if losesChanges, case .changed(_, let epoch, let hasMore) = changes {
      _ = cache.polled(.changed([], epoch: epoch, hasMore: hasMore), sent: sent)
      return
    }
    switch cache.polled(changes, sent: sent) {
    case .done: break
    case .more: nextPoll = now
    case .forgotten: cache.learn(KeyFixture.code)
    }
  }

  private func finding(_ entry: KeyEntry) -> KeyFinding<Int64> {
    switch entry {
    case .none: .none
    case .record(let record): .record(record, record.version)
    case .tombstone: .revoked
    }
  }

  private mutating func wake(_ number: Int, _ next: KeyNext) throws {
    switch next {
    case .askAgain: read(number)
    case .wake(let turn):
      let count = waiting.removeValue(forKey: number) ?? 0
      for _ in 0..<count { try look(number, turn) }
    }
  }

  // MARK: Requests

  private mutating func arrive(_ number: Int) throws { try look(number, .arrival(isAvailable: true)) }

  private mutating func look(_ number: Int, _ turn: KeyTurn) throws {
    let answer = cache.look(number, turn, now: now)
    switch answer {
    case .use, .useAndAsk:
      if turn == .arrival(isAvailable: true) {
        oldest = max(oldest, cache.takeOldest())
      } else {
        _ = cache.takeOldest()
      }
      try checkUse(number, turn)
      if case .useAndAsk = answer { read(number) }
    case .ask:
      waiting[number, default: 0] += 1
      read(number)
    case .wait: waiting[number, default: 0] += 1
    case .refused(.revoked):
      if revokedAt[number] == nil { throw Broken(description: "\(number) was never revoked") }
    case .refused(.unknown): if number < Self.keys { throw Broken(description: "\(number) is known") }
    case .refused(let reason): throw Broken(description: "\(reason)")
    case .busy, .unavailable: break
    }
  }

  /// After a failure what is known serves on, so that this bound isn't the one; else a second, or the time that one waited.
  private mutating func checkUse(_ number: Int, _ turn: KeyTurn) throws {
    used += 1
    guard turn != .afterFailure, let revoked = revokedAt[number], now - revoked > 1_000 else { return }
    throw Broken(description: "\(number) is used \(now - revoked) ms after it was revoked")
  }
}
