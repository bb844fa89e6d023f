import NIOCore
import Telemetry
import TestSupport
import Testing
import Upstream

@testable import Gateway

extension ReplicaTests {
  struct DrainTests {
    private static let script: ScriptedProvider.Script = { request in
      switch request.prompt {
      case "stream": .stream(.init(count: 3, waitsAfter: 1))
      case "endless": .stream(.init(count: 1, end: .never))
      case "silence": .silence
      default: .answer(request.prompt)
      }
    }

    @Test(arguments: ReplicaUnderTest.modes)
    func aStreamEndsWholeAndNobodyNewIsLetIn(_ mode: ReadinessBridge.Mode) async throws {
      try await withReplica(Self.script, .init(readiness: mode, workers: 2)) { test, provider in
        let used = try await test.connect()
        used.send(Wire.chat("hi"))
        #expect(try await used.message().status == 200)
        let unused = try await test.connect()
        let client = try await test.askForStream("stream")
        _ = try await client.head()
        _ = try await client.chunk()

        let drain = Draining(test)
        #expect(try await used.untilEnd() == .fin)
        #expect(try await unused.untilEnd() == .fin)
        #expect(try await eventually { (try? await test.connect()) == nil })
        #expect(await test.metric("switchyard_draining") == 1)
        #expect(!drain.isOver.isSet)
        provider.goOn()
        #expect(try await String(buffer: client.chunks()) == Wire.stream(["1", "2"]))
        #expect(try await client.untilEnd() == .fin, "though the connection was to be kept")
        try await drain.expectToEnd()
      }
    }

    /// So pools of clients empty themselves, and none is closed with a request on its way.
    @Test(arguments: ReplicaUnderTest.modes)
    func answersEndTheirConnectionsFromTheFirstMoment(_ mode: ReadinessBridge.Mode) async throws {
      try await withReplica(Self.script, .init(readiness: mode, workers: 2)) { test, _ in
        let used = try await test.connect()
        used.send(Wire.chat("hi"))
        #expect(try await used.message().first("connection") != "close")
        let drain = Draining(test)
        #expect(try await eventually { await test.metric("switchyard_draining") == 1 })
        used.send(Wire.chat("hi"))
        let last = try await used.message()
        #expect(last.status == 200 && last.first("connection") == "close")
        #expect(try await used.untilEnd() == .fin)
        try await drain.expectToEnd()
      }
    }

    @Test(arguments: ReplicaUnderTest.modes)
    func aConnectionThatCameBeforeTheDoorShutHasItsAnswer(_ mode: ReadinessBridge.Mode) async throws {
      try await withReplica(Self.script, .init(readiness: mode, workers: 2)) { test, _ in
        let unused = try await test.connect()
        let drain = Draining(test)
        #expect(try await eventually { (try? await test.connect()) == nil })
        unused.send(Wire.chat("hi"))
        let answer = try await unused.message()
        #expect(answer.status == 200 && answer.first("connection") == "close")
        try await drain.expectToEnd()
      }
    }

    /// Its client has not been told, and may have been held up with a request on its way.
    @Test(arguments: ReplicaUnderTest.modes)
    func aConnectionThatWasIdleMeanwhileHasItsAnswer(_ mode: ReadinessBridge.Mode) async throws {
      try await withReplica(Self.script, .init(readiness: mode, workers: 2)) { test, _ in
        let used = try await test.connect()
        used.send(Wire.chat("hi"))
        #expect(try await used.message().first("connection") != "close")
        let drain = Draining(test)
        #expect(try await eventually { (try? await test.connect()) == nil })
        try await Task.sleep(for: .seconds(1))  // so late may a client be
        used.send(Wire.chat("hi"))
        let last = try await used.message()
        #expect(last.status == 200 && last.first("connection") == "close")
        #expect(try await used.untilEnd() == .fin)
        try await drain.expectToEnd()
      }
    }

    /// The network of a container goes with its process, and what the kernel holds with the network.
    @Test(arguments: ReplicaUnderTest.modes)
    func theReplicaStaysUntilTheLastAnswerIsRead(_ mode: ReadinessBridge.Mode) async throws {
      try await withReplica(Self.script, .init(readiness: mode, workers: 2)) { test, provider in
        // Of blocking sockets: this client doesn't close because the replica does.
        let client = try TCPStream(port: test.port)
        let drain = Draining(test)
        #expect(try await eventually { await test.metric("switchyard_draining") == 1 })
        client.send(Wire.chat("stream", stream: true))
        #expect(
          try await eventually {
            // Left open, it would keep the replica by itself.
            guard let other = try? await test.connect() else { return true }
            other.close()
            return false
          })
        provider.goOn()
        #expect(try await eventually { await test.metric("switchyard_exchanges_active") == 0 })
        try await Task.sleep(for: .milliseconds(500))
        #expect(!drain.isOver.isSet)
        client.close()
        try await drain.expectToEnd()
      }
    }

    /// Its head went out before: the connection was to stay.
    @Test(arguments: ReplicaUnderTest.modes)
    func behindAStreamOneMoreRequestIsAnswered(_ mode: ReadinessBridge.Mode) async throws {
      try await withReplica(Self.script, .init(readiness: mode, workers: 2)) { test, provider in
        let client = try await test.askForStream("stream")
        #expect(try await client.head().first("connection") != "close")
        _ = try await client.chunk()
        let drain = Draining(test)
        #expect(try await eventually { (try? await test.connect()) == nil })
        provider.goOn()
        _ = try await client.chunks()
        client.send(Wire.chat("hi"))
        let last = try await client.message()
        #expect(last.status == 200 && last.first("connection") == "close")
        #expect(try await client.untilEnd() == .fin)
        try await drain.expectToEnd()
      }
    }

    /// A connection that the kernel has accepted for us is not reset.
    @Test func whoeverConnectsWhileTheDoorShutsIsAnsweredOrRefused() async throws {
      try await withReplica(Self.script, .init(workers: 2)) { test, provider in
        try await withThrowingTaskGroup(of: Int.self) { clients in
          for _ in 0..<16 {
            clients.addTask { () async throws -> Int in
              var answered = 0
              while let client = try? await test.connect() {
                client.send(Wire.chat("hi"))
                #expect(try await client.message().status == 200)
                answered += 1
              }
              return answered
            }
          }
          #expect(try await eventually { provider.requestCount > 100 })
          let drain = Draining(test)
          #expect(try await clients.reduce(0, +) == provider.requestCount)
          try await drain.expectToEnd()
        }
      }
    }

    /// What has begun to stream ends in an error event, what has not, in an error; never in silence.
    @Test(arguments: ReplicaUnderTest.modes)
    func whatDoesNotEndInTimeIsEndedWellFormed(_ mode: ReadinessBridge.Mode) async throws {
      let options = ReplicaUnderTest.Options(
        readiness: mode, workers: 2, drainTimeout: .milliseconds(200))
      try await withReplica(Self.script, options) { test, provider in
        let streamed = try await test.askForStream("endless")
        _ = try await streamed.head()
        #expect(try await String(buffer: streamed.chunk()) == Wire.event("0"))
        let plain = try await test.connect()
        plain.send(Wire.chat("silence"))
        #expect(try await eventually { provider.requestCount == 2 })

        let drain = Draining(test)
        let rest = try await String(buffer: streamed.chunks())
        #expect(rest.hasPrefix(#"data: {"error":{"#))
        #expect(rest.contains(#""code":"server_stopping","source":"switchyard""#))
        #expect(rest.hasSuffix("}}\n\n"))
        #expect(try await streamed.untilEnd() == .fin)
        let answer = try await plain.message()
        #expect(answer.status == 503)
        #expect(answer.first("connection") == "close")
        #expect(answer.text.contains(#""code":"server_stopping""#))
        #expect(try await plain.untilEnd() == .fin)
        try await drain.expectToEnd()
      }
    }

    /// As a second signal does it.
    @Test(arguments: ReplicaUnderTest.modes)
    func stoppingEndsWhatRunsAndLogsItAll(_ mode: ReadinessBridge.Mode) async throws {
      let pipe = try Descriptors()
      let log = AccessLogWriter(descriptor: pipe.input)
      let options = ReplicaUnderTest.Options(readiness: mode, workers: 4, accessLog: log)
      try await withReplica(Self.script, options) { test, provider in
        var clients: [WireClient] = []
        for number in 0..<16 {
          clients.append(try await test.askForStream(number.isMultiple(of: 2) ? "endless" : "silence"))
        }
        #expect(try await eventually { provider.requestCount == 16 })
        #expect(try await finishes { await test.replica.stop() })
        #expect(try await finishes { await test.replica.untilStopped() })
        for client in clients { _ = try await client.untilEnd() }
        #expect(try await eventually { provider.openCount == 0 })
        await log.close()
        pipe.closeInput()
        let lines = String(decoding: pipe.readToEnd(), as: UTF8.self).split(separator: "\n")
        #expect(lines.count == 16)
        #expect(
          lines.allSatisfy {
            $0.contains(#""error_type":"s"#) && $0.contains(#""error_source":"switchyard""#)
          })
      }
    }
  }
}

/// A drain that has begun.
private struct Draining {
  /// `drain()` has returned.
  let isOver = Flag()
  private let isStopped = Flag()

  init(_ test: ReplicaUnderTest) {
    Task { [isOver] in
      await test.replica.drain()
      isOver.set()
    }
    Task { [isStopped] in
      await test.replica.untilStopped()
      isStopped.set()
    }
  }

  /// Expects that it ends, and that whoever waits for the replica hears of it.
  func expectToEnd() async throws {
    #expect(try await eventually { isOver.isSet })
    #expect(try await eventually { isStopped.isSet })
  }
}
