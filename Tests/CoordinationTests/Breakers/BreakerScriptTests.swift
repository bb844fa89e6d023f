import NIOCore
import Policy
import TestSupport
import Testing

@testable import Coordination

/// What the twin has no picture of: values that nobody of ours wrote, memory that is full, messages, and many who ask at once.
@Suite(.needsRedis, .timeLimit(.minutes(2)))
struct BreakerScriptTests {
  private let redis: RedisUnderTest
  private let scripts = BreakerScripts()
  private let keys = BreakerKeys(endpoint: "east", deployment: "small")
  private let settings = BreakerSettings()

  init() throws { redis = try RedisUnderTest() }

  private func call(_ script: Script, _ call: ScriptCall) throws -> Reply {
    let words = call.keys + call.arguments.map(\.text)
    return Reply(try redis.send(["EVAL", script.source, String(call.keys.count)] + words))
  }

  private func report(
    _ sequence: Int64 = 1, fail: Int64 = 0, opening: BreakerState.Reason? = nil
  ) throws -> BreakerReport.Reply? {
    var counts = BreakerCounts()
    counts.fail = fail
    let report = BreakerReport(
      reporter: "r1", sequence: sequence, generation: try read().generation, counts: counts, opening: opening)
    return BreakerReport.Reply(try call(scripts.report, ScriptCall(report, keys, settings, jitter: 0)))
  }

  private func permit(_ id: String) throws -> BreakerPermit? {
    BreakerPermit(try call(scripts.permit, ScriptCall(permit: id, keys, settings, jitter: 0)))
  }

  private func read() throws -> BreakerStatus {
    try #require(BreakerStatus(try call(scripts.read, ScriptCall(reading: keys))))
  }

  @Test func redisTellsTheTime() throws {
    let status = try #require(try report(opening: .connect)?.status)
    #expect(status.phase == .open && status.reason == .connect && status.generation > 1_600_000_000_000)
    #expect(try permit("p1")?.answer == .refused)
    #expect(try redis.send("HGET", keys.state, "state") == .text("open"))
  }

  @Test func whatNobodyKnowsIsClosed() throws {
    #expect(try read().line.hasPrefix("closed 0 0 - "))
    #expect(try permit("p1")?.answer == .closed)
    #expect(try redis.send("DBSIZE") == .number(0))
  }

  @Test(arguments: [0, 1, 2]) func aKeyOfAnotherTypeIsMadeAnew(_ place: Int) throws {
    _ = try redis.send("LPUSH", keys.all[place], "x")
    #expect(try report(fail: 19)?.status.phase == .closed)
    #expect(try report(2, fail: 1)?.status.phase == .open)
    _ = try redis.send("HSET", keys.state, "until", "1", "span", "1")
    _ = try redis.send("LPUSH", keys.probes, "x")
    #expect(try permit("p1")?.answer == .probe)
    _ = try redis.send("DEL", keys.probes)
    _ = try redis.send("LPUSH", keys.probes, "x")
    #expect(try permit("p2")?.answer == .probe)
  }

  @Test(arguments: [
    ["state", "ajar"], ["gen", "x"], ["gen", "-1"], ["gen", "9999999999999999"], ["until", ""],
    ["why", "a b"],
  ])
  func aStateThatCannotBeReadGoes(_ field: [String]) throws {
    _ = try report(opening: .connect)
    _ = try redis.send(["HSET", keys.state] + field)
    #expect(try read().phase == .closed)
    #expect(try redis.send("EXISTS", keys.state) == .number(0))
    #expect(try report(2, fail: 20)?.status.phase == .open)
  }

  @Test func aWindowWithNonsenseInItStillCounts() throws {
    _ = try redis.send("HSET", keys.window, "x", "y", "@r9", "z", "12345", "1 2", "1e9", "1 1")
    #expect(try report(fail: 19)?.status.phase == .closed)
    #expect(try redis.send("HLEN", keys.window) == .number(2))
    #expect(try report(2, fail: 1)?.status.phase == .open)
  }

  @Test func nothingIsLeftForEver() throws {
    _ = try report(fail: 1)
    _ = try report(2, opening: .connect)
    _ = try redis.send("HSET", keys.state, "until", "1", "span", "1")
    _ = try permit("p1")
    _ = try redis.send("DEL", keys.state)
    _ = try report(3, fail: 1)
    for key in keys.all {
      guard case .number(let left) = try redis.send("PTTL", key) else { continue }
      #expect(left != -1, "\(key)")
    }
  }

  @Test func fullMemoryRefusesAReportWhole() throws {
    _ = try redis.send("CONFIG", "SET", "maxmemory", "1")
    #expect(try report(opening: .connect) == nil)
    _ = try redis.send("CONFIG", "SET", "maxmemory", "0")
    #expect(try redis.send("DBSIZE") == .number(0))
    #expect(try report(opening: .connect)?.status.phase == .open)
  }

  @Test func aChangeIsPublished() async throws {
    let listener = try await ListenerUnderTest.start("unix://\(redis.socket)", channels: [keys.channel])
    #expect(try await eventually { listener.subscriptions == 1 })
    let status = try #require(try report(opening: .connect)?.status)
    #expect(try await eventually { listener.heard == ["sy:ev:cb east/small \(status.line)"] })
    try await listener.close()
    let news = BreakerNews("east/small \(status.line)")
    #expect(news?.name == keys.name && news?.status == status)
    #expect(
      BreakerNews(status.line) == nil && BreakerNews("") == nil && BreakerNews(" \(status.line)") == nil)
  }

  @Test func repliesOfAnotherShapeAreNone() {
    let line = Reply.bytes(Array("closed 0 0 - 0 0 0 0 new".utf8))
    #expect(BreakerStatus(line) != nil && BreakerPermit(.list([.number(2), line])) != nil)
    #expect(BreakerStatus(.none) == nil && BreakerPermit(.list([.number(3), line])) == nil)
    #expect(BreakerProbe.Reply(.list([.number(2), line])) == nil)
    #expect(BreakerReport.Reply(.list([.number(1)])) == nil && BreakerReport.Reply(line) == nil)
  }
}
