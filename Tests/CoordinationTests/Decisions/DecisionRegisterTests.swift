import NIOCore
import NIOPosix
import Policy
import TestSupport
import Testing

@testable import Coordination

/// A real Redis, and one that goes away.
@Suite(.needsRedis, .timeLimit(.minutes(2)))
struct DecisionRegisterTests {
  private typealias Way = NIOLoopBound<RedisState>

  private static func way(to redis: RedisUnderTest, user: String = "") async throws -> Way {
    let (loop, url) = (MultiThreadedEventLoopGroup.singleton.next(), "unix://\(user)\(redis.socket)")
    let way = try await loop.submit {
      let replica = ReplicaState(name: "r1", leastReplicas: nil)
      let state = RedisState(
        try RedisAddress(url), on: loop, replica, prefix: "sy", timeout: .seconds(1), tell: { _ in })
      state.start()
      return Way(state, eventLoop: loop)
    }.get()
    #expect(try await eventually { try await loop.submit { way.value.isAvailable }.get() })
    return way
  }

  private static func keep(
    _ text: String, of id: String, for lifetime: Int64 = 60_000, at way: Way
  ) async throws -> Bool {
    try await way.eventLoop.flatSubmit {
      let promise = way.eventLoop.makePromise(of: Bool.self)
      way.value.keep(Array(text.utf8), of: id, for: lifetime) { promise.succeed($0) }
      return promise.futureResult
    }.get()
  }

  private static func reader(_ way: Way) async throws -> DecisionReader {
    let loop = way.eventLoop
    return try await loop.submit { DecisionReader(way.value, on: loop) }.get()
  }

  private static func close(_ way: Way) async throws {
    try await way.eventLoop.submit { way.value.close() }.get()
  }

  @Test func whatIsKeptIsReadUntilItsTimeIsOver() async throws {
    let redis = try RedisUnderTest()
    #expect(try redis.send(["ACL", "SETUSER", "router", "on", ">secret"] + RedisRights.rules) == .text("OK"))
    let way = try await Self.way(to: redis, user: "router:secret@")
    let reader = try await Self.reader(way)
    #expect(try await Self.keep(#"{"a":"é"}"#, of: "req_1", for: 60_000, at: way))
    #expect(try await reader.decision("req_1") == #"{"a":"é"}"#)
    #expect(try await reader.decision("req_2") == nil)
    guard case .number(let left) = try redis.send("PTTL", "sy:decision:req_1") else {
      Issue.record("no TTL")
      return
    }
    #expect((50_000...60_000).contains(left))
    #expect(try await Self.keep("{}", of: "req_1", for: 20, at: way))
    #expect(try await eventually { try await reader.decision("req_1") == nil })
    #expect(try redis.send("ACL", "LOG") == .list([]), "the documented rights suffice")
    try await Self.close(way)
  }

  @Test func whatIsTooLongOrHasNoRedisIsLost() async throws {
    let redis = try RedisUnderTest()
    let way = try await Self.way(to: redis)
    #expect(try await Self.keep(String(repeating: "a", count: DecisionTerms.longest), of: "long", at: way))
    #expect(
      try await !Self.keep(String(repeating: "a", count: DecisionTerms.longest + 1), of: "longer", at: way))
    redis.crash()
    #expect(try await eventually { try await !Self.keep("{}", of: "away", at: way) })
    try await Self.close(way)
  }

  /// A Redis that hangs holds up nobody, and not without bound.
  @Test func moreThanSoManyAreNotSentToARedisThatHangs() async throws {
    let redis = try RedisUnderTest()
    let way = try await Self.way(to: redis)
    redis.hang()
    let lost = try await way.eventLoop.submit {
      let losses = Losses()
      for number in 0..<DecisionTerms.mostUnderWay + 10 {
        way.value.keep([0x7B], of: "\(number)", for: 60_000) { if !$0 { losses.count += 1 } }
      }
      return losses.count
    }.get()
    #expect(lost == 10, "at once")
    redis.goOn()
    #expect(try await eventually { try await Self.keep("{}", of: "again", at: way) })
    try await Self.close(way)
  }

  private final class Losses { var count = 0 }

  @Test func aReplicaAloneKeepsItsOwn() {
    let store = EmbeddedStore()
    var (isKept, read) = (false, [[UInt8]?]())
    EmbeddedState(store, clock: { 1_000 }).keep([1], of: "a", for: 500) { isKept = $0 }
    for now in [1_499, 1_500] as [Int64] {
      EmbeddedState(store, clock: { now }).readDecision("a") { read.append(try? $0.get()) }
    }
    #expect(isKept && read == [[1], nil])
  }
}
