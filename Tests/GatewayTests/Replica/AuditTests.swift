import NIOHTTP1
import Settings
import TestSupport
import Testing

@testable import Gateway

extension ReplicaTests {
  /// Looking again at what rules took requests for.
  struct AuditTests {
    private static func options(_ audit: String = "judge: m") -> ReplicaUnderTest.Options {
      .init(
        routing: """
          { audit: { sample: 100%, per_hour: 1000000, \(audit) }, rules: [
            { name: hard, condition: { complexity: high }, parameters: { top_p: 1 } },
            { name: code, condition: { task_type: code }, parameters: { top_p: 0.5 } } ] }
          """)
    }

    /// Says this to questions, and yes to all else.
    private static func script(_ reply: String) -> ScriptedProvider.Script {
      { .answer($0.body.contains("message of user") ? reply.replacing("\"", with: #"\""#) : "yes") }
    }

    private func ask(_ client: WireClient, fields: String = "") async throws -> HTTPMessage {
      client.send(Wire.chat("hi", fields: fields))
      let answer = try await client.message()
      #expect(answer.status == 200)
      return answer
    }

    /// Of an answer, once tickets are sealed.
    private func ticket(_ client: WireClient, fields: String = "") async throws -> String? {
      for _ in 0..<500 {
        let ticket = try await ask(client, fields: fields).first("x-switchyard-feedback")
        // By then another one may be looked at again.
        try await Task.sleep(for: .milliseconds(10))
        if let ticket { return ticket }
      }
      return nil
    }

    private func say(_ ticket: String?, _ client: WireClient) async throws -> HTTPMessage {
      let body = #"{"id":"\#(ticket ?? "")","complexity":"high"}"#
      client.send(
        "POST /v1/feedback HTTP/1.1\r\nHost: a\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)")
      return try await client.message()
    }

    private static let audited = "switchyard_routing_accuracy_audited_total"
    private static let correct = "switchyard_routing_accuracy_correct_total"
    private static let classes = "switchyard_routing_accuracy_classes_total"
    private static let drops = "switchyard_routing_accuracy_drops_total"

    @Test(arguments: [("low", 1), ("medium", 1), ("high", 0)])
    func aJudgeSaysWhetherTheRuleWasRight(complexity: String, right: Int) async throws {
      let reply = #"{"task":"chat","complexity":"\#(complexity)"}"#
      try await withReplica(Self.script(reply), Self.options()) { test, provider in
        _ = try await ask(try await test.connect())
        #expect(try await eventually { await test.metric(Self.audited) == 1 })
        #expect(await test.metric(Self.audited, #"rule="none""#) == 1)
        #expect(await test.metric(Self.audited, #"complexity="low",by="judge""#) == 1)
        #expect(await test.metric(Self.correct, #"by="judge""#) == right)
        let labels = #"fact="complexity",taken="low",said="\#(complexity)",by="judge""#
        #expect(await test.metric(Self.classes, labels) == 1)
        // The question is nobody's request.
        #expect(provider.requests.count == 2)
        #expect(provider.requests[1].fields.first(name: "x-switchyard-arm") == "audit")
        #expect(await test.metric("switchyard_requests_total") == 1)
        #expect(await test.metric("switchyard_rule_matches_total") == 0)
      }
    }

    @Test func whatIsNoVerdictIsNotHeard() async throws {
      try await withReplica(Self.script("It is easy."), Self.options()) { test, _ in
        _ = try await ask(try await test.connect())
        #expect(try await eventually { await test.metric(Self.drops, #"reason="no_verdict""#) == 1 })
        #expect(await test.metric(Self.audited) == 0)
      }
    }

    @Test func nothingIsAskedOfWhatMayNotBeKept() async throws {
      try await withReplica(Self.script("{}"), Self.options()) { test, provider in
        _ = try await ask(try await test.connect(), fields: "Cache-Control: no-store\r\n")
        #expect(try await eventually { await test.metric(Self.drops, #"reason="no_store""#) == 1 })
        #expect(try await test.untilIdle() == [] && provider.requests.count == 1)
      }
    }

    @Test func nothingIsAskedOfWhatGotNoAnswer() async throws {
      try await withReplica({ _ in .status(400, [:], "{}") }, Self.options()) { test, provider in
        let client = try await test.connect()
        client.send(Wire.chat("hi"))
        #expect(try await client.message().status == 400)
        #expect(try await eventually { await test.metric(Self.drops, #"reason="no_evidence""#) == 1 })
        #expect(try await test.untilIdle() == [] && provider.requests.count == 1)
        #expect(await test.metric(Self.audited) == 0)
      }
    }

    /// The rule lets requests go to one region alone, and the judge is in another.
    @Test func aJudgeIsNotAskedAboutWhatItMayNotSee() async throws {
      var options = ReplicaUnderTest.Options(
        routing: """
          { audit: { sample: 100%, judge: m },
            rules: [ { condition: { complexity: low }, parameters: { top_p: 1 } } ] }
          """)
      options.edit = { settings in
        var (deployment, model) = (settings.deployments[0], settings.models[0])
        (deployment.name, deployment.regions) = ("j", ["us"])
        (model.name, model.aliases, model.deployments[0].name) = ("judge", [], "j")
        settings.deployments[0].regions = ["eu"]
        settings.deployments.append(deployment)
        settings.models.append(model)
        var filter = Settings.DeploymentFilter()
        filter.regions = ["eu"]
        settings.routing.rules[0].deployments = filter
        settings.routing.audit?.judge = "judge"
      }
      try await withReplica(Self.script("{}"), options) { test, provider in
        _ = try await ask(try await test.connect())
        #expect(try await eventually { await test.metric(Self.drops, #"reason="not_permitted""#) == 1 })
        #expect(provider.requests.count == 1)
      }
    }

    @Test func anHourHasSoManyAndNoMore() async throws {
      let options = ReplicaUnderTest.Options(
        routing:
          "{ audit: { sample: 100%, per_hour: 1, judge: m }, rules: [ { condition: { complexity: high }, model: m } ] }"
      )
      try await withReplica(Self.script(#"{"task":"chat","complexity":"low"}"#), options) { test, provider in
        let client = try await test.connect()
        for _ in 0..<3 { _ = try await ask(client) }
        #expect(try await eventually { await test.metric(Self.audited) == 1 })
        #expect(try await test.untilIdle() == [] && provider.requests.count == 4)
      }
    }

    @Test func aClientSaysWhatItsRequestWas() async throws {
      try await withReplica({ _ in .answer("yes") }, Self.options("")) { test, _ in
        let client = try await test.connect()
        let ticket = try await ticket(client)
        #expect(ticket != nil)
        #expect(await test.metric(Self.audited) == 0)
        #expect(try await test.untilIdle() == [])
        for (status, text) in [(200, #""counted":true"#), (409, "feedback_repeated")] {
          let answer = try await say(ticket, client)
          #expect(answer.status == status && answer.text.contains(text), "\(answer.text)")
        }
        #expect(await test.metric(Self.audited, #"by="feedback""#) == 1)
        #expect(await test.metric(Self.correct) == 0, "another rule would have decided")
      }
    }

    /// Of grades a session has one in a second, as it is asked what it makes of answers. Requests are what they are.
    @Test func aSessionSaysOfAllOfItsRequestsWhatTheyWere() async throws {
      var options = Self.options("")
      options.routing?.replace(
        "rules: [",
        with: "rules: [ { name: again, condition: { rejected: true }, parameters: { top_p: 0.1 } },")
      try await withReplica({ _ in .answer("yes") }, options) { test, _ in
        let client = try await test.connect()
        let session = "X-Session-ID: s\r\n"
        let tickets = [try await ticket(client, fields: session), try await ticket(client, fields: session)]
        #expect(tickets[0] != nil && tickets[0] != tickets[1])
        #expect(try await test.untilIdle() == [])
        for ticket in tickets {
          let answer = try await say(ticket, client)
          #expect(answer.status == 200 && answer.text.contains(#""counted":true"#), "\(answer.text)")
        }
        #expect(await test.metric(Self.audited, #"by="feedback""#) == 2)
      }
    }
  }
}
