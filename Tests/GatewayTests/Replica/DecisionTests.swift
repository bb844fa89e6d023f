import NIOHTTP1
import Policy
import Settings
import TestSupport
import Testing

@testable import Gateway

extension ReplicaTests {
  /// What a replica can say of a request afterwards.
  struct DecisionTests {
    private static let prompt = "purple heron"

    private static func options(_ decisions: Settings.Decisions?) -> ReplicaUnderTest.Options {
      .init(
        routing:
          "{ rules: [ { name: easy, condition: { complexity: \"< 0.99\" }, parameters: { top_p: 1 } } ] }",
        edit: {
          $0.telemetry.decisions = decisions
          $0.models[0].retry.budget = 100
        })
    }

    /// Fails the first time, whatever it is asked.
    private static func script() -> ScriptedProvider.Script {
      let isAsked = Flag()
      return { _ in
        if isAsked.isSet { return .answer("yes") }
        isAsked.set()
        return .status(500, [:], #"{"error":{"message":"secret reason"}}"#)
      }
    }

    private static func answer(_ test: ReplicaUnderTest, _ id: String, text: Bool = false) async
      -> AdminAnswer
    {
      var head = HTTPRequestHead(version: .http1_1, method: .GET, uri: "/api/decisions/\(id)")
      if text { head.headers.add(name: "accept", value: "text/plain") }
      return await test.replica.adminDecisions().answer(head, ["decisions", id])
    }

    @Test func itSaysWhatWasDecidedAndNeverWhatWasSaid() async throws {
      try await withReplica(Self.script(), Self.options(Settings.Decisions())) { test, _ in
        let client = try await test.connect()
        client.send(Wire.chat(Self.prompt, fields: "X-Request-Id: mine\r\nAuthorization: Bearer sk-1\r\n"))
        #expect(try await client.message().status == 200)
        #expect(try await eventually { await Self.answer(test, "mine").status == .ok })
        let line = await Self.answer(test, "mine").text
        let decision = try JSONLiteral(text: line.trimmingNewline)
        for (name, value) in [
          ("request_id", #""mine""#), ("model", #""m""#), ("deployment", #""d""#), ("rule", #""easy""#),
          ("status", "200"), ("attempts", "2"), ("tenant", #""default""#),
        ] {
          #expect(decision[member: name]?.text == value, "\(name)")
        }
        #expect(decision[member: "complexity_milli"] != nil && decision[member: "client"] == nil)
        guard case .array(let tries)? = decision[member: "tries"] else {
          Issue.record("no tries in \(line)")
          return
        }
        #expect(tries.map { $0[member: "reason"]?.text } == [#""first""#, #""retry""#])
        #expect(tries.map { $0[member: "result"]?.text } == [#""server_error""#, #""ok""#])
        #expect(tries.map { $0[member: "status"]?.text } == ["500", "200"])
        let words = await Self.answer(test, "mine", text: true).text
        #expect(words.contains("easy") && words.contains("server_error"))
        for secret in [Self.prompt, "sk-1", "secret reason", "yes", "127.0.0.1\""] {
          #expect(!line.contains(secret) && !words.contains(secret), "\(secret)")
        }
        #expect(await test.metric("switchyard_decisions_total", #"result="kept""#) == 1)
      }
    }

    @Test func whatIsRefusedIsKeptToo() async throws {
      try await withReplica(Self.script(), Self.options(Settings.Decisions())) { test, _ in
        let client = try await test.connect()
        client.send(Wire.chat("hi", fields: "X-Request-Id: dear/1\r\nX-Max-Cost-USD: 0.01\r\n"))
        #expect(try await client.message().status == 400)
        #expect(try await eventually { await Self.answer(test, "dear/1").status == .ok })
        let line = await Self.answer(test, "dear/1").text
        #expect(line.contains(#""error_type":"max_cost_exceeded""#) && line.contains(#""tries":[]"#))
      }
    }

    @Test(arguments: [nil, Settings.Decisions(sample: 0)])
    func nothingIsKeptUnlessItIsWanted(_ decisions: Settings.Decisions?) async throws {
      try await withReplica({ _ in .answer("yes") }, Self.options(decisions)) { test, _ in
        let client = try await test.connect()
        client.send(Wire.chat("hi", fields: "X-Request-Id: mine\r\n"))
        #expect(try await client.message().status == 200)
        #expect(try await test.untilIdle() == [])
        let answer = await Self.answer(test, "mine")
        #expect(answer.status == .notFound)
        #expect(answer.text.contains("nothing is kept of requests: write") == (decisions == nil))
        #expect(await Self.answer(test, "no id").status == .notFound)
      }
    }
  }
}

extension String {
  fileprivate var trimmingNewline: String { hasSuffix("\n") ? String(dropLast()) : self }
}
