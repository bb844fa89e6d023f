import NIOCore
import Policy
import TestSupport
import Testing

@testable import Coordination

/// I4 on a real Redis: however many ask, so many probes start in a half-open generation, and all of them where they are asked for.
@Suite(.needsRedis, .timeLimit(.minutes(2)))
struct BreakerContentionTests {
  private static let connections = 8
  private static let generations = 100
  private static let keys = BreakerKeys(endpoint: "east", deployment: "small")
  private static let settings = BreakerSettings(base: 2, max: 4, probes: 3, probeTime: 100)
  private static let scripts = BreakerScripts()

  private struct Seen: Sendable {
    /// Permits by the generation that they were given in.
    var permits: [Int64: [String]] = [:]
    var lost = 0
  }

  @Test func exactlySoManyProbesStartInEachGeneration() async throws {
    let redis = try RedisUnderTest()
    let url = "unix://\(redis.socket)"
    let seen = try await withThrowingTaskGroup(of: Seen.self) { group in
      for number in 0..<Self.connections { group.addTask { try await Self.ask(url, number) } }
      return try await group.reduce(into: Seen()) { sum, part in
        sum.permits.merge(part.permits) { $0 + $1 }
        sum.lost += part.lost
      }
    }
    let last = seen.permits.keys.max()
    let counts = seen.permits.filter { $0.key != last }.mapValues(\.count)
    #expect(counts.count >= Self.generations)
    #expect(counts.values.allSatisfy { $0 <= 3 })
    // Fewer only where nobody asked for the time of a probe, as on a machine that stands still.
    #expect(counts.values.count { $0 == 3 } >= Self.generations * 9 / 10)
    #expect(seen.permits.allSatisfy { Set($0.value).count == $0.value.count }, "an id each")
    #expect(seen.lost > Self.generations / 2)
  }

  /// Asks without a pause; loses three probes of ten, and opens the breaker again where it is closed.
  private static func ask(_ url: String, _ number: Int) async throws -> Seen {
    let client = try await ClientUnderTest.start(url)
    #expect(try await eventually { client.told.last == .up })
    var (seen, random, asked) = (Seen(), Chance(seed: UInt64(number)), 0)
    var generations: Set<Int64> = []
    while generations.count <= Self.generations {
      asked += 1
      let id = "\(number):\(asked)"
      let reply = try await run(client, scripts.permit, ScriptCall(permit: id, keys, settings, jitter: 0))
      let permit = try #require(BreakerPermit(reply))
      if permit.status.phase == .half { generations.insert(permit.status.generation) }
      switch permit.answer {
      case .refused where permit.status.phase == .half:
        #expect(permit.status.issued == 3, "none is refused while there are permits")
      case .refused: continue
      case .probe:
        seen.permits[permit.status.generation, default: []].append(id)
        if random.below(10) < 3 { seen.lost += 1 } else { try await succeed(client, id, permit.status) }
      case .closed: try await open(client, number, asked, permit.status)
      }
    }
    try await client.close()
    return seen
  }

  private static func succeed(_ client: ClientUnderTest, _ id: String, _ status: BreakerStatus) async throws {
    let probe = BreakerProbe(id: id, generation: status.generation, outcome: .ok)
    _ = try await run(client, scripts.probe, ScriptCall(probe, keys, settings, jitter: 0))
  }

  private static func open(
    _ client: ClientUnderTest, _ number: Int, _ asked: Int, _ status: BreakerStatus
  ) async throws {
    let report = BreakerReport(
      reporter: "r\(number)", sequence: Int64(asked), generation: status.generation, opening: .connect)
    _ = try await run(client, scripts.report, ScriptCall(report, keys, settings, jitter: 0))
  }

  private static func run(_ client: ClientUnderTest, _ script: Script, _ call: ScriptCall) async throws
    -> Reply
  {
    let words = [String(call.keys.count)] + call.keys + call.arguments.map(\.text)
    let reply = try await client.call(["EVALSHA", script.sha] + words, key: call.keys[0])
    guard try reply.get() == .error(.noScript) else { return try reply.get() }
    return try await client.call(["EVAL", script.source] + words, key: call.keys[0]).get()
  }
}
