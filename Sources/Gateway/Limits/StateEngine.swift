import Coordination
import Logging
import NIOConcurrencyHelpers
import NIOCore
import Policy
import Settings
import Telemetry

/// Which shared state a replica has: Redis, or its own memory. Each worker opens its own way to it.
struct StateEngine: Sendable {
  fileprivate enum Limits: Sendable {
    case embedded(EmbeddedStore)
    case redis(RedisAddress, ReplicaState, Settings.State, StateLog)
  }

  fileprivate enum Cache: Sendable {
    case embedded(EmbeddedCacheStore)
    /// In the Redis of the limits.
    case beside
    case redis(RedisAddress, ReplicaBreaker, timeout: TimeAmount, StateLog)
  }

  private let limits: Limits
  private let cache: Cache

  /// Called once, before there are workers.
  static func make(_ settings: Settings, workers: Int, _ logger: Logger) throws -> (
    ReplicaState, StateEngine
  ) {
    let state = settings.state
    guard let url = state.redis else {
      let cache = try Cache(settings, logger) ?? .embedded(EmbeddedCacheStore())
      let replica = ReplicaState(name: name(), leastReplicas: nil, workers: workers)
      return (replica, StateEngine(limits: .embedded(EmbeddedStore()), cache: cache))
    }
    let replica = ReplicaState(name: name(), leastReplicas: state.minReplicas, workers: workers)
    let address = try RedisAddress(url.revealed, password: state.password?.revealed, caFile: state.caFile)
    let log = StateLog(logger, address.description)
    let limits = Limits.redis(address, replica, state, log)
    return (replica, StateEngine(limits: limits, cache: try Cache(settings, logger) ?? .beside))
  }

  /// A worker's ways to what is shared.
  struct Ways {
    var state:
      any SharedState & KeyRegister & SharedBreakers & LimitReading & ControlRegister & FeedbackRegister
        & ExperimentRegister & DecisionRegister & AuditRegister & ChoiceRegister
    var cache: any SharedCache
    /// Nil where there are no other replicas.
    var loads: (any LoadRegister)?
  }

  /// To be called on `loop`.
  func open(on loop: any EventLoop) -> Ways {
    switch limits {
    case .embedded(let store):
      return Ways(state: EmbeddedState(store), cache: openCache(on: loop, beside: nil))
    case .redis(let address, let replica, let settings, let log):
      let state = Self.redis(address, on: loop, replica, settings, log)
      return Ways(state: state, cache: openCache(on: loop, beside: (state, address)), loads: state)
    }
  }

  /// The way of whoever leads rollouts, on a loop of its own. To be called on `loop`.
  func openControl(on loop: any EventLoop) -> any SharedState & ControlRegister & SharedBreakers {
    switch limits {
    case .embedded(let store): EmbeddedState(store)
    case .redis(let address, let replica, let settings, let log):
      Self.redis(address, on: loop, replica, settings, log)
    }
  }

  private static func redis(
    _ address: RedisAddress, on loop: any EventLoop, _ replica: ReplicaState, _ settings: Settings.State,
    _ log: StateLog
  ) -> RedisState {
    let state = RedisState(
      address, on: loop, replica, prefix: settings.keyPrefix, timeout: TimeAmount(settings.timeout),
      tell: { log.take($0) })
    state.start()
    return state
  }

  /// Hears what becomes of breakers and of versions; nil where they are in this process. For one worker; to be called on `loop`.
  ///
  /// `decided` is called with each message about versions, and with nil where some may have been missed.
  func openFeed(
    on loop: any EventLoop, _ desk: BreakerDesk, decided: @escaping (ControlNews?) -> Void
  ) -> StateFeed? {
    guard case .redis(let address, _, let settings, _) = limits else { return nil }
    let feed = StateFeed(
      address, on: loop, prefix: settings.keyPrefix, subscribed: { desk.readAllSoon() },
      heard: { desk.hear($0, $1, now: StateClock.monotonicMilliseconds()) })
    feed.hearControl(subscribed: { decided(nil) }, heard: { decided($0) })
    feed.start()
    return feed
  }

  private func openCache(on loop: any EventLoop, beside state: (RedisState, RedisAddress)?) -> any SharedCache
  {
    switch (cache, state) {
    case (.redis(let address, let breaker, let timeout, let log), _):
      return RedisCache(address, on: loop, breaker, timeout: timeout, tell: { log.take($0) })
    case (.embedded(let store), _): return EmbeddedCache(store, on: loop)
    case (.beside, let (state, address)?): return state.makeCache(address, on: loop)
    case (.beside, nil): preconditionFailure("a cache beside nothing")
    }
  }

  /// Eight characters of chance: what this start of this replica is called in Redis.
  private static func name() -> String {
    String((0..<8).compactMap { _ in "abcdefghijkmnpqrstuvwxyz23456789".randomElement() })
  }
}

extension StateEngine.Cache {
  /// A Redis of the cache's own; nil where it has none.
  fileprivate init?(_ settings: Settings, _ logger: Logger) throws {
    guard let url = settings.cache?.redis else { return nil }
    let address = try RedisAddress(
      url.revealed, password: nil, caFile: url.isTLS ? settings.state.caFile : nil)
    let log = StateLog(logger, address.description, isCache: true)
    self = .redis(address, ReplicaBreaker(), timeout: TimeAmount(settings.state.timeout), log)
  }
}

/// Says what becomes of the shared state: one line when it goes and one when it is back, however many workers notice.
final class StateLog: Sendable {
  private let logger: Logger
  private let address: String
  private let isAway = NIOLockedValueBox(false)
  private let lastPrimary = NIOLockedValueBox("")
  private let told = NIOLockedValueBox<Set<String>>([])
  private let changes = NIOLockedValueBox(Changes())

  /// Lines about a Redis that comes and goes: a few in ten minutes.
  private struct Changes {
    private static let most = 6
    private static let window: Int64 = 600_000_000_000
    private var times: [Int64] = []

    enum Turn { case tell, tellLast, silence }

    mutating func next(_ now: Int64) -> Turn {
      times.removeAll { now - $0 > Self.window }
      guard times.count < Self.most else { return .silence }
      times.append(now)
      return times.count == Self.most ? .tellLast : .tell
    }
  }

  private let isCache: Bool

  /// `isCache`: of a Redis that has answers and nothing else.
  init(_ logger: Logger, _ address: String, isCache: Bool = false) {
    self.logger = logger
    self.address = address
    self.isCache = isCache
  }

  func take(_ news: RedisState.News) {
    switch news {
    case .link(.up), .back: back()
    case .link(.down): away("the connection ended")
    case .link(.failed(let reason)): away(reason)
    case .link(.primary(let address)): primary(address)
    case .finding(let finding, let server): tell(finding, server)
    case .away(let failure): away("\(failure)")
    case .foreignValue(let error): foreign(error)
    }
  }

  /// Once for each; a limit of such a key is decided locally until somebody removes it.
  private func foreign(_ error: String) {
    let isNews = told.withLockedValue { $0.count < Self.mostTold && $0.insert(error).inserted }
    guard isNews else { return }
    logger.warning(
      "a key of the shared state holds something else; delete it, and its limit is shared again",
      metadata: ["error": "\(error)"])
  }

  private static let mostTold = 100

  private func tell(_ finding: RedisFinding, _ server: String) {
    guard told.withLockedValue({ $0.insert(finding.text).inserted }) else { return }
    let level: Logger.Level =
      switch finding.weight {
      case .refusal: .error
      case .warning: .warning
      case .unknown: .notice
      }
    logger.log(
      level: level, "the shared state's settings",
      metadata: ["redis": "\(server)", "finding": "\(finding.text)"])
  }

  private func primary(_ address: String) {
    guard
      lastPrimary.withLockedValue({ was in
        defer { was = address }
        return was != address
      })
    else { return }
    logger.info(
      isCache ? "the cache is at" : "the shared state is at", metadata: ["redis": "\(address)"])
  }

  private func away(_ reason: String) {
    guard
      isAway.withLockedValue({ was in
        defer { was = true }; return !was
      })
    else { return }
    let text =
      isCache
      ? "the cache's Redis does not answer; nothing is cached"
      : "the shared state does not answer; limits are decided locally"
    tell(.warning, text, ["reason": "\(reason)"])
  }

  private func back() {
    guard
      isAway.withLockedValue({ was in
        defer { was = false }; return was
      })
    else { return }
    tell(.notice, isCache ? "the cache's Redis answers again" : "the shared state answers again", [:])
  }

  private func tell(_ level: Logger.Level, _ text: String, _ metadata: Logger.Metadata) {
    var metadata = metadata
    metadata["redis"] = "\(address)"
    switch changes.withLockedValue({ $0.next(SystemClock.monotonicNanoseconds()) }) {
    case .silence: break
    case .tell: logger.log(level: level, "\(text)", metadata: metadata)
    case .tellLast:
      metadata["note"] =
        "it comes and goes; for ten minutes the metric switchyard_redis_mode alone tells of it"
      logger.log(level: level, "\(text)", metadata: metadata)
    }
  }
}
