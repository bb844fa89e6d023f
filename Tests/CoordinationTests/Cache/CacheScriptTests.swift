import Policy
import Testing

@testable import Coordination

/// What the twin has no picture of: values that nobody of ours wrote, and memory that is full.
@Suite(.needsRedis)
struct CacheScriptTests {
  private let redis: RedisUnderTest
  private let scripts = CacheScripts()
  private let keys: CacheKeys

  init() throws {
    redis = try RedisUnderTest()
    keys = try #require(CacheKeys(tenant: "acme", hash: "00ff"))
  }

  private func call(_ script: Script, _ call: CacheCall) throws -> Reply {
    let arguments = call.arguments.map { String(decoding: $0, as: UTF8.self) }
    return Reply(
      try redis.send(["EVAL", script.source, String(call.keys.count)] + call.keys + arguments))
  }

  private func look(_ owner: String? = nil) throws -> CacheLookup {
    let claim = owner.map { CacheClaim(owner: $0, lifetime: 30_000, seen: 0) }
    return try #require(CacheLookup(try call(scripts.get, CacheCall(looking: keys, claiming: claim))))
  }

  private func lock(_ owner: String, seen: Int64 = 0) throws -> CacheClaim.Reply? {
    CacheClaim.Reply(
      try call(scripts.lock, CacheCall(CacheClaim(owner: owner, lifetime: 30_000, seen: seen), keys)))
  }

  private func fill(_ owner: String) throws -> CacheFill.Reply? {
    let meta = CachedMeta(
      kind: .plain, status: 200, type: "application/json", ttl: 60_000, delta: 900,
      usage: .init(input: 3, output: 4),
      encoding: .identity, bytes: 2)
    let fill = CacheFill(owner: owner, meta: meta, body: Array("{}".utf8), kept: 90_000)
    return CacheFill.Reply(try call(scripts.fill, CacheCall(fill, keys)))
  }

  @Test func redisTellsTheTime() throws {
    #expect(try lock("r1:1") == .got)
    #expect(try fill("r1:1") == .filled)
    let found = try look()
    let answer = try #require(found.answer)
    #expect(answer.body == Array("{}".utf8) && answer.meta.usage.output == 4 && found.holder == nil)
    #expect(answer.created > 1_600_000_000_000 && found.now >= answer.created && found.seen == answer.created)
  }

  @Test func whoFindsNothingAndNobodyMayLead() throws {
    #expect(try look("r1:1").isClaimed)
    #expect(try look("r1:1").isClaimed, "the same again")
    #expect(try look("r1:2").holder?.owner == "r1:1" && look().holder?.owner == "r1:1")
    #expect(try fill("r1:1") == .filled)
    let found = try look("r1:2")
    #expect(found.answer != nil && !found.isClaimed && found.holder == nil)
  }

  @Test(arguments: ["answer", "lock"]) func aKeyOfAnotherTypeIsWrittenAnew(_ part: String) throws {
    let key = try #require(["answer": keys.answer, "lock": keys.lock][part])
    _ = try redis.send("LPUSH", key, "x")
    #expect(try look().answer == nil)
    #expect(try lock("r1:1") == .got)
    #expect(try fill("r1:1") == .filled)
    #expect(try look().answer != nil)
  }

  @Test(arguments: ["", "x", "r1 5", "r1 99999999999999999 1000 x", "r1 -5 100"])
  func aLockThatCannotBeReadIsNone(_ text: String) throws {
    _ = try redis.send("SET", keys.lock, text)
    #expect(try look().holder == nil)
    #expect(try lock("r1:1") == .got)
  }

  /// `seen` is told even so: otherwise every claim would be answered with "look again".
  @Test(arguments: [
    "1600000000000 ", "1600000000000 x", "1600000000000 r1 plain 200 1 1 1 1 1 1 identity 2 text/plain",
    "1600000000000 r1 plain 2000 1 1 1 1 1 1 identity 2 text/plain\n{}",
    "1600000000000 r1 plain 200 -1 1 1 1 1 1 identity 2 text/plain\n{}",
    "1600000000000 r1 plain 200 1 1 1 1 1 1 zstd 2 text/plain\n{}",
  ])
  func anAnswerWithNonsenseInItCanBeReplaced(_ text: String) throws {
    _ = try redis.send("SET", keys.answer, text)
    let found = try look()
    #expect(found.answer == nil && found.seen > 0)
    #expect(try lock("r1:2", seen: found.seen) == .got)
    #expect(try fill("r1:2") == .filled)
    #expect(try look().answer != nil)
  }

  @Test func aPurgeEndsAFlightThatIsUnderWay() throws {
    _ = try lock("r1:1")
    let pattern = try #require(CacheKeys.pattern(tenant: "acme"))
    guard case .list(let found) = try redis.send("KEYS", pattern) else {
      throw RedisUnderTest.Failed(description: "?")
    }
    #expect(found == [.text(keys.lock)])
    _ = try redis.send("DEL", keys.lock)
    #expect(try fill("r1:1") == .refused)
    #expect(try look().answer == nil)
  }

  @Test func fullMemoryRefusesAFillWhole() throws {
    _ = try lock("r1:1")
    _ = try redis.send("CONFIG", "SET", "maxmemory", "1")
    #expect(try fill("r1:1") == nil)
    _ = try redis.send("CONFIG", "SET", "maxmemory", "0")
    #expect(try look().answer == nil && look().holder?.owner == "r1:1")
    #expect(try fill("r1:1") == .filled)
  }

  @Test func repliesOfAnotherShapeAreNone() {
    #expect(CacheLookup(.none) == nil && CacheLookup(.list([.number(1)])) == nil)
    let begin: [Reply] = [.number(1), .bytes([]), .number(0)]
    #expect(CacheLookup(.list(begin))?.answer == nil && CacheLookup(.list(begin + [.number(2)])) == nil)
    #expect(CacheLookup(.list(begin + [.bytes(Array("x".utf8))])) == nil)
    #expect(CacheClaim.Reply(.list([.number(0)])) == nil && CacheClaim.Reply(.number(1)) == nil)
    #expect(CacheFill.Reply(.number(3)) == nil && CacheFill.Reply(.bytes([])) == nil)
  }
}
