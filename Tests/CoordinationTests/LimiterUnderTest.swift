import NIOConcurrencyHelpers
import NIOCore
import NIOPosix
import Policy

@testable import Coordination

/// A limiter on a loop of its own, over either engine.
final class LimiterUnderTest: @unchecked Sendable {  // everything is touched on `loop`
  enum Engine: String, CaseIterable, Sendable { case embedded, redis }

  let redis: RedisUnderTest?
  /// Its monotonic clock moves where a test moves it: what is remembered for a moment is remembered for all of a test.
  let replica: ReplicaState
  private let time = NIOLockedValueBox<Int64>(1_000_000)
  private let leases: LeaseTerms?
  let loop = MultiThreadedEventLoopGroup.singleton.next()
  private(set) var ways: [Limiter.Way] = []
  private(set) var news: [String] = []
  private var limiter: Limiter?
  private var state: (any SharedState)?

  init(_ engine: Engine, leases: LeaseTerms? = nil) async throws {
    replica = ReplicaState(
      name: "r1", leastReplicas: 2, clock: StateClock(source: { [time] in time.withLockedValue { $0 } }))
    self.leases = leases
    redis = engine == .redis ? try RedisUnderTest() : nil
    try await loop.submit { [self] in
      let state = makeState()
      self.state = state
      limiter = Limiter(state, replica, leases: leases) { [weak self] way, _ in self?.ways.append(way) }
    }.get()
    try await untilAvailable()
    try await loadScripts()
  }

  /// A script that Redis doesn't know yet runs behind what was sent after it.
  private func loadScripts() async throws {
    let group = LimitGroup(
      prefix: "sy:{w}", limits: [slotLimit(1, key: "sy:{w}:sem"), tokenLimit(9, key: "sy:{w}:rl")])
    guard let grant = try await admit([group]).grant else { return }
    _ = try await onLoop { limiter, _ in
      limiter.renew()
      limiter.charge(grant, tokens(1))
      limiter.settle(grant, .nothing)
    }
    _ = try await left(group)
    _ = try await left(group)
    ways = []
  }

  private func makeState() -> any SharedState {
    guard let redis else { return EmbeddedState(EmbeddedStore()) }
    guard let address = try? RedisAddress("unix://\(redis.socket)") else {
      preconditionFailure("no address")
    }
    let state = RedisState(
      address, on: loop, replica, prefix: "sy", timeout: .seconds(5)
    ) { [weak self] in self?.news.append("\($0)") }
    state.start()
    return state
  }

  func end() async throws {
    try await loop.submit { [self] in
      (state as? RedisState)?.close()
      limiter = nil
      state = nil
    }.get()
  }

  func onLoop<Value: Sendable>(_ body: @escaping @Sendable (Limiter, any SharedState) -> Value) async throws
    -> Value
  {
    try await loop.submit { [self] in
      guard let limiter, let state else { preconditionFailure("it has ended") }
      return body(limiter, state)
    }.get()
  }

  func untilAvailable(_ wanted: Bool = true) async throws {
    for _ in 0..<1_000 {
      if try await onLoop({ limiter, state in
        limiter.tick()
        return state.isAvailable == wanted
      }) {
        return
      }
      try await Task.sleep(for: .milliseconds(10))
    }
    throw RedisUnderTest.Failed(description: "the shared state did not become \(wanted ? "" : "un")available")
  }

  /// Time passes, and what has to happen from time to time does.
  func pass(_ milliseconds: Int64) async throws {
    time.withLockedValue { $0 += milliseconds }
    _ = try await onLoop { limiter, _ in limiter.tick() }
  }

  // MARK: What is asked

  func admit(
    _ exchange: [LimitGroup], attempt: [LimitGroup] = [],
    _ demand: Demand = Demand(inputTokens: 1, outputTokens: 0, microdollars: 0)
  ) async throws -> Limiter.Answer {
    let promise = loop.makePromise(of: Limiter.Answer.self)
    _ = try await onLoop { limiter, _ in
      limiter.admit(.init(exchange: exchange, attempt: attempt, demand: demand, lifetime: 30_000)) {
        promise.succeed($0)
      }
    }
    return try await promise.futureResult.get()
  }

  func settle(_ grant: Grant?, _ actual: Demand) async throws {
    guard let grant else { return }
    _ = try await onLoop { limiter, _ in limiter.settle(grant, actual) }
  }

  /// What a bucket or budget has left, found by asking for nothing.
  func left(_ group: LimitGroup) async throws -> [Int64] {
    guard
      case .admitted(let grant?, _) = try await admit(
        [group], .init(requests: 0, inputTokens: 0, outputTokens: 0, microdollars: 0))
    else { return [] }
    var left: [Int64] = []
    grant.forEachLimit { left.append($1) }
    try await settle(grant, .nothing)
    return left
  }
}

// MARK: Limits

/// A minute's refill of these is too slow for a test to notice.
func tokenLimit(_ tokens: Int64, key: String = "sy:{t:a}:rl:tokens:hour", outage: Limit.Outage = .share)
  -> Limit
{
  Limit(
    path: key, name: "tokens", label: "tokens", measure: .tokens,
    shape: .bucket(Bucket.Rule(tokens: tokens, window: 1 << 41)), outage: outage, key: key)
}

func slotLimit(_ count: Int, key: String = "sy:{t:a}:sem") -> Limit {
  Limit(
    path: key, name: "requests at a time", label: "concurrent", measure: .concurrent,
    shape: .slots(Slots.Rule(count: count, lifetime: 30_000)), outage: .share, key: key)
}

func dayBudget(_ capacity: Int64, key: String = "sy:{t:a}:budget:dollars:day") -> Limit {
  Limit(
    path: key, name: "dollars", label: "dollars", measure: .dollars,
    shape: .budget(capacity: capacity, .day, .utc), outage: .share, key: key)
}

func tokens(_ count: Int64, microdollars: Int64 = 0) -> Demand {
  Demand(inputTokens: count, outputTokens: 0, microdollars: microdollars)
}

extension Limiter.Answer {
  var grant: Grant? {
    switch self {
    case .admitted(let grant, _), .attemptRefused(let grant, _): grant
    case .refused: nil
    }
  }

  var attemptGrant: Grant? {
    if case .admitted(_, let grant) = self { grant } else { nil }
  }

  var refusal: Refusal? {
    switch self {
    case .admitted: nil
    case .refused(let refusal), .attemptRefused(_, let refusal): refusal
    }
  }
}
