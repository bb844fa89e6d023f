import Glibc
import Testing

@testable import modelsim

/// Each fault as a client meets it on a real socket.
@Suite struct FaultTests {
  @Test func aStatusComesWithItsRetryAfter() async throws {
    try await withServer { server in
      let answer = try server.ask(chat("[[sim:status=503,retry_after=2]]"))
      #expect(answer.head.hasPrefix("HTTP/1.1 503 ") && answer.head.contains("\r\nretry-after: 2"))
      #expect(try JSONValue(parsing: answer.body)["error"]?["type"] == "server_error")
      let dated = try server.ask(chat("[[sim:status=429,retry_after=http-date]]"))
      #expect(dated.head.contains(" GMT"))
    }
  }

  @Test func aResetIsARealReset() async throws {
    try await withServer { server in
      let early = try server.exhaust(chat("[[sim:reset=before_first_byte]]"))
      #expect(early.end == .reset && early.received.isEmpty)
      let late = try server.exhaust(chat("[[sim:reset=mid_stream,after=3]]", stream: true))
      #expect(late.end == .reset)
      #expect(!late.text.contains("[DONE]"))
    }
  }

  @Test func aCloseIsACleanEndTooEarly() async throws {
    try await withServer { server in
      let early = try server.exhaust(chat("[[sim:close=before_first_byte]]"))
      #expect(early.end == .fin && early.received.isEmpty)
      let stream = try server.exhaust(chat("[[sim:close=mid_stream,after=2]]", stream: true))
      #expect(stream.end == .fin && stream.text.contains("data: ") && !stream.text.contains("[DONE]"))
      let plain = try server.exhaust(chat("[[sim:close=mid_stream]]"))
      #expect(plain.end == .fin && plain.text.contains("content-length") && !plain.text.hasSuffix("}"))
    }
  }

  @Test func aStalledStreamSendsNoMoreAndItsCancellationIsBilled() async throws {
    try await withServer { server in
      do {
        let client = try RawClient(port: server.port)
        client.send(chat("[[sim:stall=mid_stream,after=2]]", stream: true))
        #expect(client.read(until: #""delta":{"content":"#))
        #expect(try server.eventually("/sim/stats") { $0["active_streams"]?.integer == 1 })
        #expect(!client.readOnce(waits: false) && client.end == .open)
      }
      #expect(try server.eventually("/sim/bill") { $0["total"]?["cancelled"]?.integer == 1 })
      let bill = try JSONValue(parsing: server.ask(httpRequest("GET", "/sim/bill")).body)
      #expect(bill["cancellations"]?.elements?.first?["chunks"]?.integer == 2)
      #expect(try server.eventually("/sim/stats") { $0["active_streams"]?.integer == 0 })
    }
  }

  @Test func aDripArrivesWhole() async throws {
    try await withServer { server in
      let answer = try server.ask(chat("[[sim:drip=10us,tokens=1]]"))
      #expect(answer.head.hasPrefix("HTTP/1.1 200 OK"))
      #expect(try JSONValue(parsing: answer.body)["object"] == "chat.completion")
      let slow = try server.ask(chat("[[sim:slow_body=10us,tokens=1]]"))
      #expect(try JSONValue(parsing: slow.body)["object"] == "chat.completion")
    }
  }

  @Test func malformedAnswersAreMalformed() async throws {
    try await withServer { server in
      let plain = try server.ask(chat("[[sim:malformed_json]]"))
      #expect(plain.head.hasPrefix("HTTP/1.1 200 OK"))
      #expect(throws: JSONError.self) { try JSONValue(parsing: plain.body) }
      let client = try RawClient(port: server.port)
      client.send(chat("[[sim:malformed_sse]]", stream: true))
      client.read(until: "\r\n0\r\n\r\n")
      #expect(client.received.contains(0))
      #expect(try server.ask(chat("[[sim:empty]]")).body.isEmpty)
      let garbage = try server.exhaust(chat("[[sim:garbage]]"))
      #expect(garbage.end == .fin && garbage.received.first == 0x15)
    }
  }

  @Test func headersGrowAndRedirectsPoint() async throws {
    try await withServer { server in
      let large = try server.ask(chat("[[sim:oversized_header=100000]]"))
      #expect(large.head.utf8.count > 100_000 && large.head.hasPrefix("HTTP/1.1 200"))
      let moved = try server.ask(chat("[[sim:redirect=http://127.0.0.1:1/x]]"))
      #expect(moved.head.hasPrefix("HTTP/1.1 307") && moved.head.contains("location: http://127.0.0.1:1/x"))
    }
  }

  @Test func aClosedPortRefusesUntilTheRulesGo() async throws {
    try await withServer(controlPort: 0) { server in
      let control = try #require(server.controlPort)
      let idle = try RawClient(port: server.port)
      idle.send(chat("x"))
      _ = idle.answer()
      _ = try server.ask(httpRequest("PUT", "/sim/faults", #"{"fault":{"refuse":true}}"#), port: control)
      #expect(throws: RawClient.ConnectError(code: ECONNREFUSED)) { try RawClient(port: server.port) }
      idle.readToEnd()
      #expect(idle.end == .fin)
      _ = try server.ask(httpRequest("DELETE", "/sim/faults"), port: control)
      #expect(try server.ask(chat("x")).head.hasPrefix("HTTP/1.1 200"))
    }
  }

  @Test func refusingWithoutAWayBackIsRefused() async throws {
    try await withServer { server in
      let answer = try server.ask(httpRequest("PUT", "/sim/faults", #"{"fault":{"refuse":true}}"#))
      #expect(answer.head.hasPrefix("HTTP/1.1 400") && answer.body.contains("--control-port"))
    }
  }

  @Test func rulesHitTheModelTheyNameAndGoAway() async throws {
    try await withServer { server in
      let rule = #"{"match":{"model":"a","first":1},"fault":{"status":500}}"#
      _ = try server.ask(httpRequest("PUT", "/sim/faults", rule))
      #expect(try server.ask(chat("x", model: "b")).head.contains(" 200 "))
      #expect(try server.ask(chat("x", model: "a")).head.contains(" 500 "))
      #expect(try server.ask(chat("x", model: "a")).head.contains(" 200 "))
      _ = try server.ask(httpRequest("PUT", "/sim/faults", #"[{"fault":{"status":500}}]"#))
      _ = try server.ask(httpRequest("DELETE", "/sim/faults"))
      #expect(try server.ask(chat("x", model: "a")).head.contains(" 200 "))
    }
  }

  @Test func aDirectiveMayConcernTheFirstAttemptAlone() async throws {
    try await withServer { server in
      let request = chat("[[sim:status=503,first=1,id=retry]]")
      let answers = try (0..<2).map { _ in try server.ask(request).head.prefix(12) }
      #expect(answers == ["HTTP/1.1 503", "HTTP/1.1 200"])
    }
  }

  @Test func aBadDirectiveIsToldToItsAuthor() async throws {
    try await withServer { server in
      let answer = try server.ask(chat("[[sim:stauts=503]]"))
      #expect(answer.head.contains(" 400 ") && answer.body.contains("stauts"))
    }
  }
}
