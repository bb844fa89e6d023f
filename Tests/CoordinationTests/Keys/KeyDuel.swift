import Policy

@testable import Coordination

/// One random sequence of operations on keys, on Redis and on the twin.
struct KeyDuel {
  struct Difference: Error, CustomStringConvertible {
    let description: String
  }

  private static let mostChanges = 4
  private static let mostTold = 2

  private let redis: RedisUnderTest
  private let sources: KeySources
  private let names = KeyNames(prefix: "sy")
  private var random: Chance
  private var twin: KeyStore
  /// Redis' clock, as far as the scripts know.
  private var now: Int64
  private var requests = 0
  private var puts: [KeyPut] = []
  private var epochs: [Int64] = [0]
  private var journal: [String] = []

  /// `plant` changes the scripts: what a test does to see a difference found.
  init(_ redis: RedisUnderTest, seed: UInt64, plant: @escaping (String) -> String = { $0 }) {
    self.redis = redis
    sources = KeySources(plant: plant)
    random = Chance(seed: seed)
    twin = KeyStore(names, mostChanges: Self.mostChanges, mostTold: Self.mostTold)
    now = 1_790_000_000_000 + Int64(random.below(1_000_000_000))
  }

  func run() throws {
    var duel = self
    _ = try redis.send("FLUSHALL")
    for _ in 0..<(4 + duel.random.below(24)) { try duel.step() }
  }

  private mutating func step() throws {
    let before = twin.entries
    switch random.below(12) {
    case 0..<3: try putSomething()
    case 3: try revokeSomething()
    case 4..<7: try noteSomething()
    case 7: try readSomething()
    case 8..<10: try askForChanges()
    case 10: try listSomething()
    default: random.below(4) == 0 ? try proposeSecret() : try moveTime()
    }
    try compareState(since: before)
  }

  // MARK: Operations

  private mutating func putSomething() throws {
    var put = try somePut()
    if random.below(5) == 0, let former = puts.randomElement(using: &random) { put = former }
    journal.append("\(now) put \(put)")
    let reply = twin.put(put, now: now)
    try compare(reply, KeyReplies.put(try call(sources.put, ScriptCall(put))))
    puts.append(put)
  }

  private mutating func revokeSomething() throws {
    let id = someID()
    journal.append("\(now) revoke \(id)")
    let reply = twin.revoke(names.record(id), now: now)
    try compare(reply, KeyReplies.revoke(try call(sources.revoke, ScriptCall(recordOf: id, names))))
  }

  private mutating func noteSomething() throws {
    let (id, isListed) = (someID(), random.below(4) > 0)
    journal.append("\(now) note \(id) \(isListed)")
    let epoch = twin.note(id, isListed: isListed, now: now)
    let call = ScriptCall(noting: id, isListed: isListed, names, mostChanges: Self.mostChanges)
    try compare(epoch, KeyReplies.note(try self.call(sources.note, call)))
    epochs.append(epoch)
  }

  private mutating func readSomething() throws {
    let id = someID()
    journal.append("\(now) get \(id)")
    let fields = twin.fields(names.record(id), now: now)
    let read = KeyRead(entry: try KeyEntry(fields: fields), now: now)
    try compare(read, try KeyReplies.get(try call(sources.get, ScriptCall(recordOf: id, names))))
  }

  /// Follows pages to their end.
  private mutating func askForChanges() throws {
    var epoch = (epochs.randomElement(using: &random) ?? 0) + Int64(random.below(4)) - 2
    for _ in 0..<10 {
      epoch = max(0, epoch)
      journal.append("\(now) changes since \(epoch)")
      let changes = twin.changes(since: epoch, now: now)
      let call = ScriptCall(changesSince: epoch, names, mostTold: Self.mostTold)
      try compare(changes, KeyReplies.changes(try self.call(sources.changes, call)))
      guard case .changed(_, let next, true) = changes else { return }
      epoch = next
    }
    throw difference("the changes have no end")
  }

  private mutating func listSomething() throws {
    let (last, count) = (random.below(2) == 0 ? "" : someID(), 1 + random.below(4))
    journal.append("\(now) list after \(last)")
    let ids = twin.list(after: last, count: count, now: now)
    let call = ScriptCall(listAfter: last, count: count, names)
    try compare(ids, KeyReplies.list(try self.call(sources.list, call)))
  }

  private mutating func proposeSecret() throws {
    guard let secret = KeySecret(Array(repeating: UInt8(random.below(256)), count: 32)) else { return }
    journal.append("\(now) propose a secret")
    let inForce = twin.secret(secret.text, now: now)
    try compare(
      inForce, KeyReplies.secret(try call(sources.secret, ScriptCall(proposing: secret, names)))?.text)
  }

  /// Mostly forward, seldom back. What has expired by the twin's clock is taken from Redis, whose own stands still.
  private mutating func moveTime() throws {
    let day: Int64 = 86_400_000
    let steps = [1, 999, 5_000, 600_000, 3_700_000, day, 31 * day, 400 * day, -3_000, -3_600_000]
    now += steps[random.below(steps.count)]
    journal.append("\(now) is now")
    for (key, entry) in twin.entries {
      if let expires = entry.expires, expires <= now { _ = try redis.send("DEL", key) }
    }
    twin.sweep(now: now)
  }

  // MARK: Choices

  private mutating func someID() -> String {
    ["ci", "a", "0000000000abcd", "B/x.y", "a:b", "zz", "n7", "n8"][random.below(8)]
  }

  private mutating func somePut() throws -> KeyPut {
    requests += 1
    let id = someID()
    let version = twin.fields(names.record(id), now: now)["version"].flatMap(Int64.init) ?? 0
    let expected = random.below(5) == 0 ? Int64(random.below(3)) : version
    return KeyPut(id, try someTerms(), replacing: expected, request: "r\(requests)", in: names)
  }

  private mutating func someTerms() throws -> KeyTerms {
    let bytes = (0..<32).map { _ in UInt8(random.below(256)) }
    guard let digest = KeyDigest(bytes) else { throw difference("no digest") }
    let lifetimes: [Int64?] = [nil, nil, 0, 1, 5_000, 86_400_000, 40_000_000_000, -1_000]
    let expires = lifetimes[random.below(8)].map { KeyInstant(milliseconds: now + $0) }
    return try KeyTerms(
      digest: digest,
      former: random.below(3) == 0
        ? .init(digest: digest, until: KeyInstant(milliseconds: now + 60_000)) : nil,
      tenant: ["acme", "x-1"][random.below(2)], team: [nil, "search"][random.below(2)],
      user: [nil, "ann+1"][random.below(2)], tier: [nil, "pro"][random.below(2)],
      models: [[], ["chat-*", "gpt-4o"]][random.below(2)], dataClass: [nil, "phi"][random.below(2)],
      limits: [
        [], [try RecordedLimit(text: "600 requests per minute")],
        [
          try RecordedLimit(text: "12.5 dollars per day Europe/Berlin by user"),
          try RecordedLimit(text: "8 concurrent"),
        ],
      ][random.below(3)], expires: expires)
  }

  // MARK: Redis

  private func call(_ source: String, _ call: ScriptCall) throws -> Reply {
    let reply = try redis.send(
      ["EVAL", source, String(call.keys.count)] + call.keys + call.arguments.map(\.text) + [String(now)])
    if case .error(let text) = reply { throw difference("an error: \(text)") }
    return Reply(told: reply)
  }

  // MARK: Comparing

  private func compare<Value: Equatable>(_ twin: Value, _ redis: Value?) throws {
    if redis != twin { throw difference("twin: \(twin), Redis: \(String(describing: redis))") }
  }

  private func compareState(since before: [String: KeyStore.Entry]) throws {
    try compare(twin.entries.keys.sorted(), try words(["KEYS", "*"]).sorted())
    for (key, entry) in twin.entries {
      try compare(entry.value, try value(key, like: entry.value))
      guard entry.expires != before[key]?.expires || before[key] == nil else { continue }
      guard case .number(let left) = try redis.send("PTTL", key) else { throw difference("no TTL") }
      let remaining = left < 0 ? nil : (left + KeySources.stretch - 1) / KeySources.stretch
      try compare(entry.expires.map { $0 - now }, .some(remaining))
    }
  }

  private func value(_ key: String, like twin: KeyStore.Value) throws -> KeyStore.Value? {
    switch twin {
    case .text:
      guard case .text(let text) = try redis.send("GET", key) else { return nil }
      return .text(text)
    case .hash: return .hash(Dictionary(pairs(try words(["HGETALL", key]))) { first, _ in first })
    case .scores:
      let members = pairs(try words(["ZRANGE", key, "0", "-1", "WITHSCORES"]))
      return .scores(Dictionary(members.map { ($0.0, Int64($0.1) ?? -1) }) { first, _ in first })
    }
  }

  private func words(_ command: [String]) throws -> [String] {
    guard case .list(let replies) = try redis.send(command) else { throw difference("no list") }
    return replies.compactMap { if case .text(let text) = $0 { text } else { nil } }
  }

  private func pairs(_ words: [String]) -> [(String, String)] {
    stride(from: 0, to: words.count - 1, by: 2).map { (words[$0], words[$0 + 1]) }
  }

  private func difference(_ text: String) -> Difference {
    Difference(description: ([text] + journal).joined(separator: "\n"))
  }
}

/// The scripts' texts as a duel runs them. Redis' own clock runs while the duel's stands still: lifetimes are stretched, so that
/// nothing expires by it, and their lengths can be compared to the millisecond.
struct KeySources {
  static let stretch: Int64 = 10_000

  let put, get, revoke, note, changes, list, secret: String

  init(plant: @escaping (String) -> String = { $0 }) {
    let scripts = KeyScripts(clock: .argument)
    let source = { (script: Script) in
      plant(script.source).replacing("'PX', digits(", with: "'PX', digits(\(Self.stretch) * ")
        .replacing("'PEXPIRE', record, digits(", with: "'PEXPIRE', record, digits(\(Self.stretch) * (")
        .replacing("+ GRACE - now)", with: "+ GRACE - now))")
    }
    (put, get, revoke, note) = (
      source(scripts.put), source(scripts.get), source(scripts.revoke), source(scripts.note)
    )
    (changes, list, secret) = (source(scripts.changes), source(scripts.list), source(scripts.secret))
  }
}

extension Reply {
  init(told reply: RedisUnderTest.Reply) {
    self =
      switch reply {
      case .text(let text): .bytes(Array(text.utf8))
      case .number(let number): .number(number)
      case .list(let replies): .list(replies.map(Reply.init(told:)))
      case .none: .none
      case .error(let text): .error(RedisError(text))
      }
  }
}
