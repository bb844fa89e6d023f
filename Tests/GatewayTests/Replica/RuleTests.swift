import Settings
import TestSupport
import Testing

@testable import Gateway

extension ReplicaTests {
  /// Rules on the way of a request.
  struct RuleTests {
    private static let routing = """
      { rules: [
        { name: cold, condition: { header.x-kind: cold }, parameters: { temperature: 0.25 } },
        { condition: { metadata.project: p1 }, parameters: { top_p: 1 } } ] }
      """

    @Test func whatARuleWritesReachesTheProvider() async throws {
      let options = ReplicaUnderTest.Options(routing: Self.routing)
      try await withReplica({ .answer($0.prompt) }, options) { test, provider in
        let client = try await test.connect()
        client.send(Wire.chat("one", fields: "X-Kind: cold\r\n"))
        #expect(try await client.message().status == 200)
        client.send(Wire.chat("two"))
        #expect(try await client.message().status == 200)
        let body =
          #"{"model":"m","metadata":{"project":"p1"},"messages":[{"role":"user","content":"three"}]}"#
        client.send(Wire.post(length: body.utf8.count) + body)
        #expect(try await client.message().status == 200)
        let bodies = provider.requests.map(\.body)
        #expect(bodies.map { $0.contains(#""temperature":0.25"#) } == [true, false, false])
        #expect(bodies.map { $0.contains(#""top_p":1"#) } == [false, false, true])
        #expect(await test.metric("switchyard_rule_matches_total", #"rule="cold""#) == 1)
        #expect(await test.metric("switchyard_rule_matches_total", #"rule="rules[1]""#) == 1)
      }
    }

    @Test func whatMayCostTooLittleGoesNowhere() async throws {
      try await withReplica({ .answer($0.prompt) }) { test, provider in
        let client = try await test.connect()
        for (value, code) in [("0.01", "max_cost_exceeded"), ("much", "invalid_max_cost")] {
          client.send(Wire.chat("hi", fields: "X-Max-Cost-USD: \(value)\r\n"))
          let answer = try await client.message()
          #expect(answer.status == 400 && answer.text.contains(#""code":"\#(code)""#), "\(answer.text)")
        }
        #expect(provider.requests.isEmpty, "its deployment has no price")
        client.send(Wire.chat("hi"))
        #expect(try await client.message().status == 200)
      }
    }
  }
}
