import NIOCore
import NIOPosix
import Policy
import Testing

@testable import Coordination

/// Two replicas and a real Redis.
@Suite(.needsRedis, .timeLimit(.minutes(2)))
struct LoadRegisterTests {
  /// A replica's way to Redis, on a loop of its own.
  private final class Teller: @unchecked Sendable {  // everything is touched on `loop`
    let loop = MultiThreadedEventLoopGroup.singleton.next()
    private let name: String
    private var state: RedisState?
    private var sequence: Int64 = 0

    init(_ name: String, _ redis: RedisUnderTest) async throws {
      self.name = name
      let address = try RedisAddress("unix://\(redis.socket)")
      try await loop.submit { [self] in
        let replica = ReplicaState(name: name, leastReplicas: 2)
        state = RedisState(address, on: loop, replica, prefix: "sy", timeout: .seconds(5)) { _ in }
        state?.start()
      }.get()
      for _ in 0..<500 where try await !loop.submit({ [self] in state?.isAvailable == true }).get() {
        try await Task.sleep(for: .milliseconds(10))
      }
    }

    func tell(_ loads: [String: Int], wantsAll: Bool = true) async throws -> LoadReport.Reply {
      try await loop.flatSubmit { [self] in
        let promise = loop.makePromise(of: LoadReport.Reply.self)
        sequence += 1
        let report = LoadReport(
          replica: name, sequence: sequence, loads: EndpointLoads(loads), wantsAll: wantsAll)
        state?.tell(report) { promise.completeWith($0.mapError { $0 as any Error }) }
        return promise.futureResult
      }.get()
    }

    func end() async throws {
      try await loop.submit { [self] in
        state?.close()
        state = nil
      }.get()
    }
  }

  @Test func replicasSeeWhatTheOthersHave() async throws {
    let redis = try RedisUnderTest()
    let (one, other) = (try await Teller("one", redis), try await Teller("other", redis))
    _ = try await one.tell(["gpus/a": 3, "gpus/b": 1], wantsAll: false)
    let seen = try await other.tell(["gpus/a": 2])
    #expect(seen.isTaken)
    #expect(seen.entries["one"]?.loads == EndpointLoads(["gpus/a": 3, "gpus/b": 1]))
    #expect(seen.entries["other"]?.loads == EndpointLoads(["gpus/a": 2]))
    #expect(try await one.tell([:]).entries["one"]?.loads == EndpointLoads())
    // A replica that says nothing more counts for 1.2 s.
    try await Task.sleep(for: .milliseconds(1_300))
    let later = try await one.tell([:])
    #expect(later.entries["other"]?.isCurrent(at: later.now) == false)
    #expect(later.entries["one"]?.isCurrent(at: later.now) == true)
    try await one.end()
    try await other.end()
  }
}
