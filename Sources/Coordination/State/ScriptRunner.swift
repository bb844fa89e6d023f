import NIOConcurrencyHelpers
import NIOCore

/// Runs scripts at one Redis: by their hash, each within its time, and the replica's breaker learns from every reply. Confined to a
/// loop.
final class ScriptRunner {
  enum News: Sendable {
    /// Redis does not answer, or answers that it can't.
    case away(StateFailure)
    case back
    /// A value that no script wrote stands where one should.
    case foreignValue(String)
  }

  let client: RedisClient
  private let loop: any EventLoop
  private let breaker: ReplicaBreaker
  private let timeout: TimeAmount
  private let tell: (News) -> Void
  private var isFlushing = false
  private var isFlushingSoon = false
  /// Called before what was said goes out: for what was held back so that it is said at once.
  var beforeFlush: () -> Void = {}

  /// How long what can wait is held back, so that it goes out with what can't; and the timeout below which nothing is.
  private static let holdback = TimeAmount.milliseconds(1)
  private static let leastTimeout = TimeAmount.milliseconds(10)

  /// `timeout` is what a call has unless it says otherwise.
  init(
    _ client: RedisClient, on loop: any EventLoop, _ breaker: ReplicaBreaker, timeout: TimeAmount,
    tell: @escaping (News) -> Void
  ) {
    self.client = client
    self.loop = loop
    self.breaker = breaker
    self.timeout = timeout
    self.tell = tell
  }

  var isReady: Bool { client.isReady && breaker.isClosed }

  /// What a turn of the loop has to say goes out together at its end: under load that is many calls in one write.
  func flush() {
    guard !isFlushing else { return }
    isFlushing = true
    let bound = NIOLoopBound(self, eventLoop: loop)
    loop.execute {
      bound.value.isFlushing = false
      bound.value.flushNow()
    }
  }

  /// For what can wait: it goes out with the next flush, or a millisecond later. A busy Redis is woken half as often for it.
  func flushSoon() {
    // A call's time runs already.
    guard timeout >= Self.leastTimeout else { return flush() }
    guard !isFlushing, !isFlushingSoon else { return }
    isFlushingSoon = true
    let bound = NIOLoopBound(self, eventLoop: loop)
    loop.scheduleTask(in: Self.holdback) {
      bound.value.isFlushingSoon = false
      bound.value.flushNow()
    }
  }

  private func flushNow() {
    beforeFlush()
    client.flush()
  }

  /// `command` writes `EVALSHA` with a hash, or `EVAL` with a source. A refusal of what is `optional` is no failure of Redis.
  func run(
    _ script: Script, key: String, within limit: TimeAmount? = nil, isOptional: Bool = false,
    command: @escaping (_ name: String, _ script: String) -> ByteBuffer,
    _ completion: @escaping (Result<Reply, StateFailure>) -> Void
  ) {
    let deadline = NIODeadline.now() + (limit ?? timeout)
    client.send(command("EVALSHA", script.sha), key: key, by: deadline) { [weak self] result in
      guard let self else { return completion(.failure(.unavailable)) }
      guard case .success(.error(.noScript)) = result else { return finish(result, isOptional, completion) }
      // A Redis that was restarted, or another one: it learns the script by running it.
      client.send(command("EVAL", script.source), key: key, by: deadline) { [weak self] result in
        guard let self else { return completion(.failure(.unavailable)) }
        finish(result, isOptional, completion)
      }
      flush()
    }
  }

  /// A plain command. `isCounted`: its success tells the breaker that Redis answers; its refusal or delay is no failure of Redis where it
  /// is optional.
  func ask(
    _ command: ByteBuffer, key: String, isCounted: Bool, isOptional: Bool = true,
    _ completion: @escaping (Result<Reply, StateFailure>) -> Void
  ) {
    client.send(command, key: key, by: .now() + timeout) { [weak self] result in
      guard let self else { return completion(.failure(.unavailable)) }
      if isCounted { finish(result, isOptional, completion) } else { completion(Self.outcome(result)) }
    }
  }

  /// Asks a Redis that is away whether it is back, if it is time to.
  func probe() {
    guard client.isReady, breaker.mayProbe(Self.monotonic) else { return }
    var bytes = ByteBuffer()
    bytes.writeCommand(["PING"])
    client.send(bytes, key: "", by: .now() + timeout) { [weak self] in self?.finish($0, false) { _ in } }
    flush()
  }

  private func finish(
    _ result: Result<Reply, RedisConnection.Failure>, _ isOptional: Bool,
    _ completion: (Result<Reply, StateFailure>) -> Void
  ) {
    let outcome = Self.outcome(result)
    switch outcome {
    case .success: note(breaker.succeeded(Self.monotonic), because: nil)
    case .failure(.refused(let error)) where error.isOfTheKey: tell(.foreignValue("\(error)"))
    case .failure(.refused) where isOptional: break
    // A large answer takes its time, and is no reason to leave limits alone.
    case .failure(.timeout) where isOptional: break
    case .failure(.unavailable): break  // nothing was sent, which says nothing of the rest of Redis
    case .failure(let failure): note(breaker.failed(Self.monotonic), because: failure)
    }
    completion(outcome)
  }

  private static func outcome(_ result: Result<Reply, RedisConnection.Failure>) -> Result<Reply, StateFailure>
  {
    switch result {
    case .success(.error(let error)): .failure(.refused(error))
    case .success(let reply): .success(reply)
    case .failure(.timeout): .failure(.timeout)
    case .failure(.disconnected): .failure(.lost)
    case .failure(.unsent): .failure(.unavailable)
    }
  }

  private func note(_ change: LinkBreaker.Change, because failure: StateFailure?) {
    switch change {
    case .none: break
    case .opened(let pause):
      // A Redis that comes and goes is told of once, and again where it stays away.
      let isNews = pause == LinkBreaker.firstPause || pause == LinkBreaker.longestPause
      if isNews, let failure { tell(.away(failure)) }
    case .closed: tell(.back)
    }
  }

  private static var monotonic: Int64 { Int64(NIODeadline.now().uptimeNanoseconds) }
}

/// A breaker that all workers of a replica share. Times are monotonic nanoseconds.
package final class ReplicaBreaker: Sendable {
  private let machine = NIOLockedValueBox(LinkBreaker())

  package init() {}

  package var isClosed: Bool { machine.withLockedValue { $0.isClosed } }
  /// Whether it is open, and its time has come.
  package func mayProbe(_ now: Int64) -> Bool {
    machine.withLockedValue { !$0.isClosed && $0.mayCall(now: now) }
  }
  package func succeeded(_ now: Int64) -> LinkBreaker.Change {
    machine.withLockedValue { $0.succeeded(now: now) }
  }
  package func failed(_ now: Int64) -> LinkBreaker.Change { machine.withLockedValue { $0.failed(now: now) } }
}

extension RedisError {
  /// The key's value is the trouble, not Redis.
  var isOfTheKey: Bool {
    switch self {
    case .wrongType: true
    case .other(let text): text.contains("BADVALUE") || text.contains("WRONGTYPE")
    default: false
    }
  }
}
