import Coordination
import NIOHTTP1
import Policy
import Synchronization
import TestSupport
import Testing

@testable import Gateway

extension ReplicaTests {
  /// The rules of breakers are those of Policy's tests; here, that calls pass them and their ends reach them.
  struct BreakerTests {
    private static let failure = ScriptedProvider.Behaviour.status(500, [:], #"{"error":{"message":"no"}}"#)

    @Test func whatFailsIsLeftOutAndTheReasonsAreTold() async throws {
      try await withReplica({ _ in Self.failure }) { test, provider in
        let client = try await test.connect()
        var answers: [HTTPMessage] = []
        repeat {
          client.send(Wire.chat("hello"))
          answers.append(try await client.message())
        } while answers.count < 40 && !(answers.last?.text.contains("no_endpoint_available") ?? false)
        let last = try #require(answers.last)
        #expect(last.status == 503)
        #expect(last.text.contains("d: its endpoint: open breaker, for "))
        let wait = try #require(last.first("retry-after").flatMap { Int($0) })
        #expect((1...6).contains(wait))
        let calls = provider.requests.count
        #expect(calls >= 20, "fewer than min_requests say nothing")
        client.send(Wire.chat("hello"))
        #expect(try await client.message().status == 503)
        #expect(provider.requests.count == calls)
        #expect(await test.metric("switchyard_breaker_state", #"deployment="d""#) == 2)
      }
    }

    /// Nothing is known of it on the workers; the shared state knows.
    @Test func anEndpointThatIsFoundAgainIsAsItWasLeft() async throws {
      try await withProvider({ .answer($0.prompt) }) { other in
        try await withReplica({ _ in Self.failure }) { test, provider in
          let client = try await test.connect()
          while await test.metric("switchyard_breaker_state", #"deployment="d""#) != 2 {
            client.send(Wire.chat("hello"))
            _ = try await client.message()
          }
          let calls = provider.requests.count
          for _ in 0..<3 {
            try await test.apply([other])
            try await test.apply([provider])
            client.send(Wire.chat("hello"))
            let answer = try await client.message()
            #expect(answer.status == 503 && answer.text.contains("open breaker, for "))
          }
          #expect(provider.requests.count == calls)
        }
      }
    }

    @Test func whatIsNewWaitsUntilItsBreakersAreKnown() async throws {
      try await withReplica({ _ in .silence }) { test, _ in
        #expect(test.replica.breakers.all.allSatisfy { $0.isAcquainted }, "before the port opened")
        let new = Snapshot(try settings(document("http://127.0.0.1:2")), epoch: 2, former: nil)
        #expect(try await finishes { await test.replica.meetBreakers(of: new, within: .milliseconds(5)) })
        let isMet = Flag()
        Task {
          await test.replica.meetBreakers(of: new, within: .seconds(60))
          isMet.set()
        }
        #expect(try await !eventually(within: .milliseconds(200)) { isMet.isSet })
        let store = BreakerStore()
        for site in new.breakers.all { site.hear(store.read(site.keys, now: 0), asked: nil, now: 0) }
        #expect(try await eventually { isMet.isSet })
      }
    }

    @Test func anEndpointThatAsksForItIsLeftAlone() async throws {
      let busy = ScriptedProvider.Behaviour.status(429, ["retry-after": "30"], "{}")
      try await withReplica({ _ in busy }) { test, provider in
        let client = try await test.connect()
        client.send(Wire.chat("hello"))
        #expect(try await client.message().status == 429)
        client.send(Wire.chat("hello"))
        let next = try await client.message()
        #expect(next.status == 503)
        #expect(next.text.contains("asked to be left alone, for "))
        #expect(provider.requests.count == 1)
        #expect(await test.metric("switchyard_breaker_state", #"deployment="d""#) == 3)
      }
    }

    @Test func anOverloadThatSaysForHowLongIsNoFailure() async throws {
      let busy = ScriptedProvider.Behaviour.status(503, ["retry-after": "30"], "{}")
      try await withReplica({ _ in busy }) { test, provider in
        let client = try await test.connect()
        client.send(Wire.chat("hello"))
        #expect(try await client.message().status == 503)
        #expect(provider.requests.count == 1)
        #expect(await test.metric("switchyard_breaker_state", #"deployment="d""#) == 3)
      }
    }

    @Test func aRefusedCredentialIsLeftOutUntilAConfigurationIsApplied() async throws {
      try await withReplica({ _ in .status(401, [:], "{}") }) { test, provider in
        let client = try await test.connect()
        client.send(Wire.chat("hello"))
        #expect(try await client.message().status == 502)
        client.send(Wire.chat("hello"))
        let next = try await client.message()
        #expect(next.text.contains("refuses the router's credential"))
        let wait = try #require(next.first("retry-after").flatMap { Int($0) })
        #expect((290...300).contains(wait), "one call tries it again then")
        #expect(next.first("x-should-retry") == "false")
        #expect(provider.requests.count == 1)
        #expect(await test.metric("switchyard_breaker_state", #"deployment="d""#) == 4)
        try await test.apply([provider])
        client.send(Wire.chat("hello"))
        _ = try await client.message()
        #expect(provider.requests.count == 2)
      }
    }

    @Test func aRequestThatCostsTooMuchClosesNoCredential() async throws {
      try await withReplica({ $0.prompt == "dear" ? .status(402, [:], "{}") : .answer($0.prompt) }) {
        test, _ in
        let client = try await test.connect()
        client.send(Wire.chat("dear"))
        #expect(try await client.message().status == 502)
        client.send(Wire.chat("cheap"))
        #expect(try await client.message().status == 200)
      }
    }

    @Test func theRestOfThePoolAnswersForWhatIsLeftAlone() async throws {
      try await withProvider({ _ in .status(429, ["retry-after": "30"], "{}") }) { busy in
        try await withProvider({ .answer($0.prompt) }) { other in
          try await withReplica(of: [busy, other]) { test in
            let client = try await test.connect()
            for _ in 0..<20 {
              client.send(Wire.chat("hello"))
              #expect(try await client.message().status == 200)
            }
            #expect(busy.requests.count == 1)
            #expect(other.requests.count == 20)
          }
        }
      }
    }

    // MARK: Probes of two callers

    private static let keys = ["sy-poisoned-key-1", "sy-good-key-number-2"]

    private static func chat(_ prompt: String, _ key: Int) -> String {
      Wire.chat(prompt, fields: "Authorization: Bearer \(keys[key])\r\n")
    }

    /// A breaker that the first caller alone has opened, and that is open no more. `bad` in a prompt makes the provider fail.
    private func withDueBreaker(
      _ body: (ReplicaUnderTest, @escaping (String, Int) async throws -> HTTPMessage) async throws -> Void
    )
      async throws
    {
      var options = ReplicaUnderTest.Options()
      options.breaker = "{ base: 1s, max: 1s }"
      options.tenants = """
        { acme: { keys: [
            { id: p, sha256: 1885f05660647a179ba1edfc4e11dcb15c6597b1e6e21bf4b126e7619360a269 },
            { id: g, sha256: f2f41a61d7550454286712f4ff675d8e412e6165f3591e5276b9fd553460b203 } ] } }
        """
      let script: ScriptedProvider.Script = { $0.prompt == "bad" ? Self.failure : .answer($0.prompt) }
      try await withReplica(script, options) { test, _ in
        let client = try await test.connect()
        let ask = { @Sendable (prompt: String, key: Int) async throws -> HTTPMessage in
          client.send(Self.chat(prompt, key))
          return try await client.message()
        }
        while await test.metric("switchyard_breaker_state") != 2 { _ = try await ask("bad", 0) }
        #expect(try await eventually { await test.metric("switchyard_breaker_state") == 1 })
        try await body(test, ask)
      }
    }

    @Test func oneCallersProbesKeepItOpenForNobody() async throws {
      try await withDueBreaker { test, ask in
        let first = try await ask("bad", 0)
        #expect(first.status == 500)
        #expect(await test.metric("switchyard_breaker_state") == 1, "it is probed on")
        #expect(await test.metric("switchyard_breaker_probes_total", #"result="given_back""#) == 1)
        let next = try await ask("bad", 0)
        #expect(
          next.status == 503 && next.text.contains("no_endpoint_available"), "its turn is over for a while")
        for _ in 0..<3 {
          let good = try await ask("good", 1)
          #expect(good.status == 200)
        }
        #expect(try await eventually { await test.metric("switchyard_breaker_state") == 0 })
        #expect(await test.metric("switchyard_breaker_probes_total", #"result="failed""#) == 0)
      }
    }

    @Test func twoCallersProbesOpenItAgain() async throws {
      try await withDueBreaker { test, ask in
        for key in 0..<2 {
          let probe = try await ask("bad", key)
          #expect(probe.status == 500)
        }
        #expect(await test.metric("switchyard_breaker_probes_total", #"result="failed""#) == 1)
        let next = try await ask("good", 1)
        #expect(next.status == 503)
      }
    }

    @Test func threeProbesBringItBack() async throws {
      let isHealthy = Flag()
      let script: ScriptedProvider.Script = { isHealthy.isSet ? .answer($0.prompt) : Self.failure }
      var options = ReplicaUnderTest.Options()
      options.breaker = "{ base: 200ms, max: 200ms }"
      try await withReplica(script, options) { test, provider in
        let client = try await test.connect()
        @Sendable func ask() async throws -> Int {
          client.send(Wire.chat("hello"))
          return try await client.message().status
        }
        while await test.metric("switchyard_breaker_transitions_total", #"to="open""#) == 0 {
          _ = try await ask()
        }
        isHealthy.set()
        let calls = provider.requests.count
        #expect(try await eventually { try await ask() == 200 })
        for _ in 0..<2 { #expect(try await ask() == 200) }
        #expect(provider.requests.count == calls + 3)
        #expect(await test.metric("switchyard_breaker_probes_total", #"result="ok""#) == 3)
        #expect(try await eventually { await test.metric("switchyard_breaker_state") == 0 })
      }
    }
  }
}
