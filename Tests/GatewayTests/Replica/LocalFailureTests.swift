import Settings
import TestSupport
import Testing

@testable import Gateway

extension ReplicaTests {
  /// An endpoint that can't even be called, as its key can't be sent: a failure of ours, that says nothing of the others.
  struct LocalFailureTests {
    private static let options = ReplicaUnderTest.Options(edit: {
      $0.providers[0].keys = [Secret("no\u{1}key"), Secret("good")]
    })

    @Test func anotherEndpointIsTried() async throws {
      try await withReplica({ .answer($0.prompt) }, Self.options) { test, provider in
        let client = try await test.connect()
        for _ in 0..<20 {
          client.send(Wire.chat("hello"))
          #expect(try await client.message().status == 200)
        }
        #expect(provider.requestCount == 20)
        #expect(await test.metric("switchyard_upstream_attempt_results_total", "local") > 0)
      }
    }

    /// A hedge there is one that failed at once.
    @Test func theFirstAttemptGoesOnWhereTheHedgeFails() async throws {
      var options = Self.options
      let text = document().replacing(
        "deployments: [d],", with: "deployments: [d], hedge: { after: 1ms, budget: 100% },")
      let hedge = try settings(text).models[0].hedge
      options.edit = {
        Self.options.edit(&$0)
        $0.models[0].hedge = hedge
        $0.models[0].hedge?.after = .time(.zero)
      }
      try await withReplica({ .answer($0.prompt) }, options) { test, provider in
        let client = try await test.connect()
        var hedged = 0
        for number in 1...40 where hedged < 3 {
          client.send(Wire.chat("hello"))
          let answer = try await client.message()
          #expect(answer.status == 200 && provider.requestCount == number)
          guard answer.first("x-switchyard-hedge") != nil else { continue }
          hedged += 1
          #expect(
            answer.first("x-switchyard-hedge") == "lost" && answer.first("x-switchyard-attempts") == "2")
        }
        #expect(hedged == 3)
        #expect(await test.metric("switchyard_hedges_total", "lost") == 3)
      }
    }
  }
}
