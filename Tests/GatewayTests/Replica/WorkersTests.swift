import Glibc
import NIOConcurrencyHelpers
import NIOCore
import Telemetry
import TestSupport
import Testing
import Upstream

@testable import Gateway

extension ReplicaTests {
  /// What several workers do together.
  struct WorkersTests {
    private static let clients = 64
    private static let rounds = 10

    /// Plain answers and streams, on connections that are kept.
    @Test(arguments: ReplicaUnderTest.modes)
    func everyRequestIsAnsweredAndCountedOnce(_ mode: ReadinessBridge.Mode) async throws {
      let log = try TemporaryLog()
      let total = Self.clients * Self.rounds
      let options = ReplicaUnderTest.Options(readiness: mode, workers: 4, accessLog: log.writer)
      try await withReplica(ManyClients.script, options) { test, provider in
        let answered = try await ManyClients.run(clients: Self.clients, rounds: Self.rounds, to: test)
        #expect(answered == total)
        #expect(try await test.untilIdle() == [])
        #expect(provider.requestCount == total)
        #expect(await test.metric("switchyard_requests_total") == total)
        #expect(await test.metric("switchyard_requests_total", "2xx") == total)
        #expect(await test.metric("switchyard_upstream_attempts_total", "first") == total)
        #expect(await test.metric("switchyard_upstream_attempt_results_total", "\"ok\"") == total)
        #expect(await test.metric("switchyard_request_duration_seconds_count") == total)
        #expect(await test.metric("switchyard_tokens_total", "output") == total / 2, "of the plain answers")
        #expect(try await eventually { await test.metric("switchyard_connections_open") == 0 })
      }
      let lines = await log.lines()
      #expect(lines.count == total)
      #expect(Set(lines).count == total)
    }

    /// Requests one by one, each on the next worker: only counts of all workers together keep two endpoints level.
    @Test func workersAgreeOnLeastConnections() async throws {
      try await withProvider({ _ in .silence }) { first in
        try await withProvider({ _ in .silence }) { second in
          try await withReplica(of: [first, second], .init(workers: 4)) { test in
            var clients: [WireClient] = []
            for count in 1...40 {
              clients.append(try await test.connect())
              clients.last?.send(Wire.chat("hi"))
              try #require(try await eventually { first.requestCount + second.requestCount == count })
              #expect(abs(first.requestCount - second.requestCount) <= count % 2)
            }
            #expect(await test.metric("switchyard_permits_outstanding") == 40)
            #expect(await test.metric("switchyard_inflight", ":\(first.port)") == 20)
            #expect(await test.metric("switchyard_inflight", ":\(second.port)") == 20)
            for client in clients { client.close() }
          }
        }
      }
    }

    @Test func aReplicaIsAliveWhileAllItsLoopsTurn() async throws {
      try await withReplica({ _ in .silence }, .init(workers: 2)) { test, _ in
        try await Task.sleep(for: .milliseconds(300))
        let now = SystemClock.monotonicNanoseconds()
        #expect(test.replica.isAlive(now: now + 29_000_000_000))
        #expect(!test.replica.isAlive(now: now + 31_000_000_000))
        try await Task.sleep(for: .seconds(2))
        #expect(test.replica.isAlive(now: now + 31_000_000_000), "the loops have turned since")
      }
    }

    @Test func aReplicaIsDeadWhereOneOfItsLoopsStandsStill() async throws {
      try await withReplica({ _ in .silence }, .init(workers: 2)) { test, _ in
        let (stands, goesOn) = (Flag(), Flag())
        defer { goesOn.set() }
        let stuck = test.replica.workers[1]
        stuck.loop.execute {
          stands.set()
          while !goesOn.isSet { usleep(1_000) }
        }
        #expect(try await eventually { stands.isSet })
        let now = SystemClock.monotonicNanoseconds()
        let other = test.replica.workers[0]
        #expect(try await eventually { other.pulse.silence(at: now) < 0 }, "it turns on")
        #expect(!test.replica.isAlive(now: now + 30_000_000_001))
        #expect(try await test.livez().status == 200, "not for long enough yet")
        stuck.pulse.beat(now - 31_000_000_000)
        let answer = try await test.livez()
        #expect(answer.status == 503 && answer.text.contains("stood still"))
        goesOn.set()
        #expect(try await eventually { try await test.livez().status == 200 })
      }
    }

    /// Half of them before the answer's head, half in the middle of a stream.
    @Test(arguments: ReplicaUnderTest.modes)
    func nothingIsLeftWhenAllClientsGo(_ mode: ReadinessBridge.Mode) async throws {
      let script: ScriptedProvider.Script = {
        $0.isStream ? .stream(.init(count: 2, waitsAfter: 1)) : .silence
      }
      try await withReplica(script, .init(readiness: mode, workers: 4)) { test, provider in
        var clients: [WireClient] = []
        for number in 0..<Self.clients {
          let client = try await test.connect()
          client.send(Wire.chat("hi", stream: number.isMultiple(of: 2)))
          clients.append(client)
        }
        #expect(try await eventually { provider.requestCount == Self.clients })
        #expect(await test.activeCount() == Self.clients)
        for client in clients { client.close() }
        #expect(try await eventually { provider.openCount == 0 })
        #expect(try await test.untilIdle() == [])
        #expect(await test.metric("switchyard_client_disconnects_total") == Self.clients)
      }
    }
  }
}

extension ReplicaUnderTest {
  /// What its admin port says of whether it is alive.
  fileprivate func livez() async throws -> HTTPMessage {
    let port = replica.adminListener.withLockedValue { $0?.localAddress?.port }
    let client = try await WireClient.connect(port: port ?? 0)
    defer { client.close() }
    client.send("GET /livez HTTP/1.1\r\nHost: a\r\n\r\n")
    return try await client.message()
  }
}

/// Clients that ask for one thing after another, each by its own name.
enum ManyClients {
  static let script: ScriptedProvider.Script = { request in
    let prompt = request.prompt
    return request.isStream
      ? .stream(.init(count: 3, pause: .milliseconds(1)) { "\(prompt) \($0)" }) : .answer(prompt)
  }

  /// How many right answers came.
  static func run(clients: Int, rounds: Int, to test: ReplicaUnderTest) async throws -> Int {
    try await withThrowingTaskGroup(of: Int.self) { group in
      for number in 0..<clients {
        group.addTask { try await one(number, rounds: rounds, to: test) }
      }
      return try await group.reduce(0, +)
    }
  }

  /// Asks for a plain answer and a stream in turn.
  private static func one(_ number: Int, rounds: Int, to test: ReplicaUnderTest) async throws -> Int {
    let client = try await test.connect()
    defer { client.close() }
    var right = 0
    for round in 0..<rounds {
      let prompt = "\(number)-\(round)"
      let isStream = round.isMultiple(of: 2)
      client.send(Wire.chat(prompt, stream: isStream))
      let answer = try await client.message()
      let expected = isStream ? Wire.stream((0..<3).map { "\(prompt) \($0)" }) : Wire.answer(prompt)
      #expect(answer.status == 200)
      #expect(answer.text == expected)
      if answer.status == 200, answer.text == expected { right += 1 }
    }
    return right
  }
}

/// An access log in a file without a name.
struct TemporaryLog: Sendable {
  private let descriptor: CInt
  let writer: AccessLogWriter

  init() throws {
    let file = try #require(tmpfile())
    descriptor = dup(fileno(file))
    fclose(file)
    writer = AccessLogWriter(descriptor: descriptor)
  }

  /// Closes the log; what was written to it.
  func lines() async -> [String] {
    await writer.close()
    var bytes = [UInt8](repeating: 0, count: 8 << 20)
    let count = pread(descriptor, &bytes, bytes.count, 0)
    close(descriptor)
    return String(decoding: bytes[..<max(0, count)], as: UTF8.self).split(separator: "\n").map(String.init)
  }
}
