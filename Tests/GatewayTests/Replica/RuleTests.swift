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

    private static let rejecting =
      "{ rules: [ { name: again, condition: { rejected: true }, parameters: { temperature: 0.25 } } ] }"

    /// The answer's ticket, and whether the rule for rejected answers held.
    private func turn(
      _ session: String?, _ client: WireClient, _ provider: ScriptedProvider
    ) async throws -> (ticket: String?, isEscalated: Bool) {
      client.send(Wire.chat("hi", fields: session.map { "X-Session-ID: \($0)\r\n" } ?? ""))
      let answer = try await client.message()
      #expect(answer.status == 200)
      let body = provider.requests.last?.body ?? ""
      return (answer.first("x-switchyard-feedback"), body.contains(#""temperature":0.25"#))
    }

    private func judge(_ ticket: String?, _ thumbs: String, _ client: WireClient) async throws -> HTTPMessage
    {
      let body = #"{"id":"\#(ticket ?? "")","thumbs":"\#(thumbs)"}"#
      client.send(
        "POST /v1/feedback HTTP/1.1\r\nHost: a\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)")
      return try await client.message()
    }

    @Test func whoRejectsAnAnswerIsEscalatedUntilOneIsBetter() async throws {
      let options = ReplicaUnderTest.Options(routing: Self.rejecting)
      try await withReplica({ .answer($0.prompt) }, options) { test, provider in
        let client = try await test.connect()
        #expect(try await eventually { try await turn("a", client, provider).ticket != nil })
        #expect(try await turn(nil, client, provider).ticket == nil, "nobody could ask for its session")
        let first = try await turn("a", client, provider)
        #expect(!first.isEscalated)
        let answer = try await judge(first.ticket, "down", client)
        #expect(answer.status == 200 && answer.text.contains(#""counted":true"#), "\(answer.text)")
        #expect(try await turn("b", client, provider).isEscalated == false, "another session")
        #expect(try await turn(nil, client, provider).isEscalated == false)
        let next = try await turn("a", client, provider)
        #expect(next.isEscalated)
        #expect(try await judge(first.ticket, "up", client).status == 409)
        #expect(try await turn("a", client, provider).isEscalated)
        #expect(try await judge(next.ticket, "up", client).status == 200)
        #expect(try await turn("a", client, provider).isEscalated == false)
      }
    }

    @Test func whereNoRuleAsksAnswersHaveNoTicket() async throws {
      try await withReplica({ .answer($0.prompt) }, .init(routing: Self.routing)) { test, provider in
        let client = try await test.connect()
        #expect(try await turn("a", client, provider).ticket == nil)
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
