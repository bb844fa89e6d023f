import NIOConcurrencyHelpers
import NIOCore
import NIOPosix
import Policy
import TestSupport
import Testing

@testable import Coordination

/// Both engines behind `SharedBreakers`, and what others hear of it.
@Suite(.needsRedis, .timeLimit(.minutes(1)))
struct SharedBreakersTests {
  private static let keys = BreakerKeys(endpoint: "http://a:1/v1", deployment: "d")
  private static let settings = BreakerSettings(base: 1, max: 1, probes: 2)

  @Test(arguments: [true, false])
  func aReportOpensItAndItsProbesCloseIt(isShared: Bool) async throws {
    try await Self.with(isShared: isShared) { breakers, news in
      let report = BreakerReport(reporter: "r1", sequence: 1, generation: 0, opening: .connect)
      let opened = try await breakers.ask { $0.report(report, Self.keys, Self.settings, jitter: 0, $1) }
      #expect(opened.outcome == .counted && opened.status.phase == .open)
      let again = try await breakers.ask { $0.report(report, Self.keys, Self.settings, jitter: 0, $1) }
      #expect(again.outcome == .ignored, "it belongs to a generation that is over")
      #expect(try await eventually { try await breakers.ask { $0.readBreaker(Self.keys, $1) }.left == 0 })
      var generation: Int64 = 0
      for id in ["p1", "p2"] {
        let permit = try await breakers.ask { $0.permit(id, Self.keys, Self.settings, jitter: 0, $1) }
        #expect(permit.answer == .probe)
        generation = permit.status.generation
      }
      let refused = try await breakers.ask { $0.permit("p3", Self.keys, Self.settings, jitter: 0, $1) }
      #expect(refused.answer == .refused)
      for id in ["p1", "p2"] {
        let probe = BreakerProbe(id: id, generation: generation, outcome: .ok)
        #expect(try await breakers.ask { $0.probe(probe, Self.keys, Self.settings, jitter: 0, $1) }.isCounted)
      }
      #expect(try await breakers.ask { $0.readBreaker(Self.keys, $1) }.reason == .recovered)
      if isShared { #expect(try await eventually { news.phases == [.open, .half, .closed] }) }
    }
  }

  @Test(arguments: [true, false])
  func aWindowIsReadByWhoeverClaimsThePass(isShared: Bool) async throws {
    try await Self.with(isShared: isShared) { breakers, _ in
      var counts = BreakerCounts()
      counts.fail = 2
      counts.cells[7] = .init(ok: 5, fail: 1, slow: 1)
      for sequence in 1...2 as ClosedRange<Int64> {
        let report = BreakerReport(reporter: "r1", sequence: sequence, generation: 0, counts: counts)
        _ = try await breakers.ask { $0.report(report, Self.keys, Self.settings, jitter: 0, $1) }
      }
      let window = try await breakers.ask { $0.readWindow(Self.keys, Self.settings, $1) }
      #expect(window.text == "0 4 7:10/2/2")
      let other = BreakerKeys(endpoint: "http://b:1/v1", deployment: "d")
      #expect(try await breakers.ask { $0.readWindow(other, Self.settings, $1) }.isEmpty)
      #expect(try await breakers.ask { $0.claimOutlierPass(prefix: "sy", for: 60_000, $1) })
      // A replica alone has nobody to leave it to.
      let again = try await breakers.ask { $0.claimOutlierPass(prefix: "sy", for: 60_000, $1) }
      #expect(again == !isShared)
    }
  }

  private static func with(
    isShared: Bool, _ body: (BreakersUnderTest, Heard) async throws -> Void
  ) async throws {
    let heard = Heard()
    guard isShared else { return try await body(BreakersUnderTest(EmbeddedStore()), heard) }
    let redis = try RedisUnderTest()
    let breakers = try await BreakersUnderTest("unix://\(redis.socket)", heard, name: keys.name)
    try await body(breakers, heard)
    try await breakers.close()
  }
}

/// What was published of one breaker.
private final class Heard: Sendable {
  private let state = NIOLockedValueBox<(phases: [BreakerState.Phase], isSubscribed: Bool)>(([], false))

  var phases: [BreakerState.Phase] { state.withLockedValue { $0.phases } }
  var isSubscribed: Bool { state.withLockedValue { $0.isSubscribed } }
  func add(_ phase: BreakerState.Phase) { state.withLockedValue { $0.phases.append(phase) } }
  func subscribed() { state.withLockedValue { $0.isSubscribed = true } }
}

/// Breakers on a loop.
private struct BreakersUnderTest: Sendable {
  private let loop: any EventLoop
  private let shared: NIOLoopBound<any SharedBreakers>
  private let feed: NIOLoopBound<StateFeed?>

  init(_ store: EmbeddedStore) async throws {
    let loop = MultiThreadedEventLoopGroup.singleton.next()
    self.loop = loop
    (shared, feed) = try await loop.submit {
      (NIOLoopBound(EmbeddedState(store), eventLoop: loop), NIOLoopBound(nil, eventLoop: loop))
    }.get()
  }

  init(_ url: String, _ heard: Heard, name: String) async throws {
    let loop = MultiThreadedEventLoopGroup.singleton.next()
    self.loop = loop
    let address = try RedisAddress(url)
    (shared, feed) = try await loop.submit {
      let replica = ReplicaState(name: "r1", leastReplicas: 1)
      let state = RedisState(address, on: loop, replica, prefix: "sy", timeout: .seconds(5)) { _ in }
      state.start()
      let feed = StateFeed(
        address, on: loop, prefix: "sy", subscribed: { heard.subscribed() },
        heard: { if $0 == name { heard.add($1.phase) } })
      feed.start()
      return (NIOLoopBound(state, eventLoop: loop), NIOLoopBound(feed, eventLoop: loop))
    }.get()
    let shared = shared
    #expect(
      try await eventually {
        try await loop.submit { shared.value.isAvailable }.get() && heard.isSubscribed
      })
  }

  func ask<Value: Sendable>(
    _ call: @escaping @Sendable (any SharedBreakers, @escaping (Result<Value, StateFailure>) -> Void) -> Void
  ) async throws -> Value {
    try await loop.flatSubmit {
      let promise = loop.makePromise(of: Value.self)
      call(shared.value) { promise.completeWith($0.mapError { $0 as any Error }) }
      shared.value.flush()
      return promise.futureResult
    }.get()
  }

  func close() async throws {
    try await loop.submit {
      feed.value?.close()
      (shared.value as? RedisState)?.close()
    }.get()
  }
}
