import NIOConcurrencyHelpers
import NIOHTTP1
import Policy
import Settings
import TestSupport
import Testing

@testable import Gateway

extension ReplicaTests {
  /// Waiting, as a whole replica does it. Who of those that wait is next is for `WaitQueueTests`, what becomes of seats and places for
  /// `QueueDeskTests`.
  struct QueueTests {
    // MARK: A turn at an endpoint that takes fewer requests than there are replicas

    @Test func aFallbackWaitsForItsModelsTurn() async throws {
      try await withQueue("deployments: [d], fallbacks: [o]") { test in try await test.servesInItsTurn() }
    }

    @Test func aTurnIsWaitedForWhereNobodyMayWait() async throws {
      try await withQueue("deployments: [d]", queue: "{ max: 0 }") { test in try await test.servesInItsTurn()
      }
    }

    @Test func aTurnThatDoesNotComeIsNotWaitedForForLong() async throws {
      try await withQueue("deployments: [d], fallbacks: [o]") { test in
        test.one.gate.set(ceiling: 0)
        let began = ContinuousClock.now
        let answer = try await test.ask("m").message()
        #expect(answer.status == 200 && answer.first("x-switchyard-fallback") == "1")
        #expect(ContinuousClock.now - began >= .milliseconds(TurnWait.most - 10))
        #expect(test.provider.requestCount == 0 && test.other.requestCount == 1)
      }
    }

    @Test func aTurnThatDoesNotComeIsToldWhereNobodyMayWait() async throws {
      try await withQueue("deployments: [d]", queue: "{ max: 0 }") { test in
        test.one.gate.set(ceiling: 0)
        let answer = try await test.ask("m").message()
        #expect(answer.status == 503 && answer.text.contains("endpoints_full"))
        #expect(answer.text.contains("or as this replica may have there now"))
      }
    }

    // MARK: Looking elsewhere

    /// An endpoint that asked to be left alone may be used again, but no limit has room for it.
    @Test func whoLooksElsewhereInVainHasNeverLeftItsSeat() async throws {
      try await withQueue("deployments: [d, o]", limits: ", limits: [ { concurrent: 1 } ]") { test in
        #expect(try await test.ask("o", "busy").message().status == 429)
        let stays = try await [test.ask("p", "stay"), test.ask("m", "stay")]
        #expect(try await eventually { test.provider.requestCount == 1 && test.other.requestCount == 2 })
        let waits = try await test.ask("m")
        #expect(try await eventually { test.waiting == 1 })
        let seats = test.replica.queue.makeID()
        #expect(await test.refusals == 0)
        #expect(try await eventually { await test.refusals == 1 }, "it has looked there")
        #expect(test.waiting == 1)
        #expect(test.replica.queue.makeID() == seats + 1, "and has no other seat than before")
        stays[1].close()
        #expect(try await waits.message().status == 200)
        #expect(test.provider.requestCount == 2)
        stays[0].close()
      }
    }
  }
}

/// A replica whose model `m` is at an endpoint that takes one request at a time; where that is full, at another one. What is asked to
/// "stay" gets no answer, who is "busy" asks for three seconds.
private struct QueueUnderTest: Sendable {
  let test: ReplicaUnderTest
  let provider: ScriptedProvider
  let other: ScriptedProvider
  /// The provider's endpoint.
  let one: Endpoint

  var replica: Replica { test.replica }
  var waiting: Int { replica.queue.waiting("m", .standard) }
  var refusals: Int { get async { await test.metric("switchyard_ratelimit_refusals_total") } }

  /// `model`: `m`, or one that has a single deployment of the other provider.
  func ask(_ model: Character, _ prompt: String = "hello") async throws -> WireClient {
    let client = try await test.connect()
    client.send(Wire.chat(prompt).replacing(#""model":"m""#, with: "\"model\":\"\(model)\""))
    return client
  }

  /// Expects that a request waits for this replica's turn, and is served in it.
  func servesInItsTurn() async throws {
    for _ in 1...5 {
      one.gate.set(ceiling: 0)
      let former = [provider.requestCount, other.requestCount]
      let began = ContinuousClock.now
      let client = try await ask("m")
      try #require(try await eventually { waiting == 1 })
      one.gate.set(ceiling: 1)
      replica.queue.pour([one])
      // Where the machine stood still, it may have waited in vain.
      let isInTime = ContinuousClock.now - began < .milliseconds(TurnWait.most)
      let answer = try await client.message()
      guard isInTime else { continue }
      #expect(answer.status == 200)
      #expect([provider.requestCount, other.requestCount] == [former[0] + 1, former[1]])
      return
    }
    Issue.record("the machine stood still for a second, five times")
  }
}

/// `limits`: what else is said of the other provider.
private func withQueue(
  _ model: String, queue: String = "{ max_wait: 60s }", limits: String = "",
  _ body: (QueueUnderTest) async throws -> Void
) async throws {
  let script: ScriptedProvider.Script = { request in
    switch request.prompt {
    case "stay": .silence
    case "busy": .status(429, ["retry-after": "3"], "{}")
    default: .answer(request.prompt)
    }
  }
  try await withProvider(script) { provider in
    try await withProvider(script) { other in
      var made = try settings(
        """
        server: { host: 127.0.0.1, workers: 1 }
        providers:
          one: { dialect: openai, base_url: "\(provider.url)/v1", max_concurrent: 1 }
          other: { dialect: openai, base_url: "\(other.url)/v1"\(limits) }
        deployments:
          d: { provider: one, model: d }
          o: { provider: other, model: o }
          p: { provider: other, model: p }
        models:
          m: { \(model) }
          o: { deployments: [o] }
          p: { deployments: [p] }
        queue: \(queue)
        """)
      (made.server.port, made.admin.port) = (0, 0)
      var options = ReplicaUnderTest.Options()
      options.edit = { [made] in $0 = made }
      try await withReplica(of: [provider, other], options) { test in
        let one = test.replica.snapshot.withLockedValue { $0.endpoints[0] }
        try await body(QueueUnderTest(test: test, provider: provider, other: other, one: one))
      }
    }
  }
}
