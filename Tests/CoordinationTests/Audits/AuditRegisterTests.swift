import NIOCore
import NIOPosix
import Policy
import TestSupport
import Testing

@testable import Coordination

/// What is looked at again, and what training reads of it.
@Suite(.timeLimit(.minutes(1)))
struct AuditRegisterTests {
  private static func example(_ number: Int) -> LearningExample {
    let prompt = "Prove \(["this", "it", "that"][number])"
    return LearningExample(.high, by: .judge, PromptSketch(prompt, heuristic: 0.5))
  }

  private static func fill(_ register: any AuditRegister) {
    for place in [0, 2] {
      register.keep(Array(example(place).text.utf8), as: .example(place), for: 60_000) { _ in }
    }
    register.keep(Array("who knows".utf8), as: .example(1), for: 60_000) { _ in }
  }

  @Test func aReplicaAloneKeepsItsOwn() async throws {
    let loop = MultiThreadedEventLoopGroup.singleton.next()
    let reader = try await loop.submit {
      let state = EmbeddedState(EmbeddedStore())
      Self.fill(state)
      return ExampleReader(state, on: loop)
    }.get()
    #expect(try await reader.examples(places: 10) == [Self.example(0), Self.example(2)])
    #expect(try await reader.examples(places: 2) == [Self.example(0)])
  }

  @Test func whatIsTooLongIsLost() {
    var kept: [Bool] = []
    let state = EmbeddedState(EmbeddedStore())
    for count in [AuditEntry.longest, AuditEntry.longest + 1] {
      state.keep([UInt8](repeating: 0x61, count: count), as: .note(7), for: 1_000) { kept.append($0) }
    }
    #expect(kept == [true, false])
  }

  @Test(.needsRedis) func inRedisEachEndsByItself() async throws {
    let redis = try RedisUnderTest()
    #expect(try redis.send(["ACL", "SETUSER", "router", "on", ">secret"] + RedisRights.rules) == .text("OK"))
    let (loop, url) = (MultiThreadedEventLoopGroup.singleton.next(), "unix://router:secret@\(redis.socket)")
    let way = try await loop.submit {
      let replica = ReplicaState(name: "r1", leastReplicas: nil)
      let state = RedisState(
        try RedisAddress(url), on: loop, replica, prefix: "sy", timeout: .seconds(1), tell: { _ in })
      state.start()
      return NIOLoopBound(state, eventLoop: loop)
    }.get()
    #expect(try await eventually { try await loop.submit { way.value.isAvailable }.get() })
    let reader = try await loop.submit {
      Self.fill(way.value)
      return ExampleReader(way.value, on: loop)
    }.get()
    #expect(try await reader.examples(places: 10) == [Self.example(0), Self.example(2)])
    guard case .number(let left) = try redis.send("PTTL", "sy:example:2") else {
      Issue.record("no TTL")
      return
    }
    #expect((1...60_000).contains(left))
    try await loop.submit { way.value.close() }.get()
  }
}
