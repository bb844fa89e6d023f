import NIOCore
import TestSupport
import Testing

extension ReplicaTests {
  struct ReloadTests {
    @Test func whatRunsKeepsItsConfigurationAndWhatComesGetsTheNew() async throws {
      try await withTwoProviders { old, new in
        try await withReplica(of: [old], .init(workers: 2)) { test in
          let running = try await test.askForStream()
          _ = try await running.head()
          #expect(try await String(buffer: running.chunk()) == Wire.event("old 0"))
          let kept = try await test.connect()
          kept.send(Wire.chat("hi"))
          #expect(try await kept.message().text == Wire.answer("old"))

          try await test.apply([new])
          #expect(await test.metric("switchyard_config_epoch") == 2)
          kept.send(Wire.chat("hi"))
          #expect(try await kept.message().text == Wire.answer("new"), "on a connection of before")
          let fresh = try await test.connect()
          fresh.send(Wire.chat("hi"))
          #expect(try await fresh.message().text == Wire.answer("new"))

          old.goOn()
          #expect(try await String(buffer: running.chunks()) == Wire.stream(["old 1", "old 2"]))
          #expect((old.requestCount, new.requestCount) == (2, 2))
          running.send(Wire.chat("hi"))
          #expect(try await running.message().text == Wire.answer("new"))
        }
      }
    }

    /// Endpoints come and go twenty times while all workers use them.
    @Test func noRequestIsLostWhileEndpointsChange() async throws {
      try await withTwoProviders { first, second in
        first.goOn()
        second.goOn()
        try await withReplica(of: [first], .init(workers: 4)) { test in
          async let wrong = Self.unanswered(clients: 16, rounds: 20, by: test)
          for round in 1...20 {
            try await Task.sleep(for: .milliseconds(10))
            try await test.apply(round.isMultiple(of: 2) ? [first] : [second])
          }
          #expect(try await wrong == 0)
          #expect(try await test.untilIdle() == [])
          #expect(first.requestCount + second.requestCount == 320)
          #expect(min(first.requestCount, second.requestCount) > 0)
          #expect(await test.metric("switchyard_requests_total", "2xx") == 320)
          #expect(await test.metric("switchyard_config_epoch") == 21)
          #expect(await test.metric("switchyard_config_reloads_total", "applied") == 20)
        }
      }
    }

    /// Asks for plain answers and streams in turn; how many came otherwise than whole and from one of the two.
    private static func unanswered(
      clients: Int, rounds: Int, by test: ReplicaUnderTest
    ) async throws -> Int {
      let streams = ["old", "new"].map { name in Wire.stream((0..<3).map { "\(name) \($0)" }) }
      let plain = ["old", "new"].map { Wire.answer($0) }
      return try await withThrowingTaskGroup(of: Int.self) { group in
        for _ in 0..<clients {
          group.addTask {
            let client = try await test.connect()
            defer { client.close() }
            var wrong = 0
            for round in 0..<rounds {
              let isStream = round.isMultiple(of: 2)
              client.send(Wire.chat("hi", stream: isStream))
              let answer = try await client.message()
              wrong += (isStream ? streams : plain).contains(answer.text) ? 0 : 1
            }
            return wrong
          }
        }
        return try await group.reduce(0, +)
      }
    }

    private func withTwoProviders(
      _ body: (ScriptedProvider, ScriptedProvider) async throws -> Void
    ) async throws {
      try await withProvider(Self.script("old")) { old in
        try await withProvider(Self.script("new")) { new in try await body(old, new) }
      }
    }

    private static func script(_ name: String) -> ScriptedProvider.Script {
      { $0.isStream ? .stream(.init(count: 3, waitsAfter: 1) { "\(name) \($0)" }) : .answer(name) }
    }
  }
}
