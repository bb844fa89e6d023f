package import NIOCore
package import Policy

/// Answers kept in Redis, by the scripts `cache_*.lua`: in that of the shared state, or in one of their own.
package final class RedisCache: SharedCache {
  private let runner: ScriptRunner
  private let address: RedisAddress
  private let loop: any EventLoop
  private let isUsable: () -> Bool
  /// Of a client of its own, which this closes too.
  private let ownsClient: Bool
  private let scripts = CacheScripts.shared
  /// Connected once somebody has to wait for another replica.
  private var subscriber: RedisSubscriber?
  private var handlers: [String: () -> Void] = [:]

  /// For what nobody waits for: a body takes longer than a question.
  private static let patience = TimeAmount.seconds(1)

  /// Over the way to the shared state.
  init(
    _ runner: ScriptRunner, _ address: RedisAddress, on loop: any EventLoop, isUsable: @escaping () -> Bool
  ) {
    self.runner = runner
    self.address = address
    self.loop = loop
    self.isUsable = isUsable
    ownsClient = false
  }

  /// Over a way of its own, which is started. To be made on `loop`; `breaker` is the replica's for this Redis.
  package init(
    _ address: RedisAddress, on loop: any EventLoop, _ breaker: ReplicaBreaker, timeout: TimeAmount,
    tell: @escaping (RedisState.News) -> Void
  ) {
    self.address = address
    self.loop = loop
    isUsable = { true }
    ownsClient = true
    let client = RedisClient(address, on: loop) { tell(.link($0)) }
    runner = ScriptRunner(client, on: loop, breaker, timeout: timeout) { tell(RedisState.News($0)) }
    client.start()
  }

  package var isAvailable: Bool { runner.isReady && isUsable() }

  package func get(
    _ keys: CacheKeys, claiming claim: CacheClaim?, _ completion: @escaping (CacheLookup?) -> Void
  ) {
    run(scripts.get, CacheCall(looking: keys, claiming: claim)) { completion($0.flatMap(CacheLookup.init)) }
  }

  package func lock(
    _ keys: CacheKeys, _ claim: CacheClaim, _ completion: @escaping (CacheClaim.Reply?) -> Void
  ) {
    run(scripts.lock, CacheCall(claim, keys)) { completion($0.flatMap(CacheClaim.Reply.init)) }
  }

  package func renew(_ keys: CacheKeys, owner: String, lifetime: Int64) {
    run(scripts.renew, CacheCall(renewing: keys, owner: owner, lifetime: lifetime)) { _ in }
  }

  package func fill(
    _ keys: CacheKeys, _ fill: CacheFill, _ completion: @escaping (CacheFill.Reply?) -> Void
  ) {
    run(scripts.fill, CacheCall(fill, keys), within: Self.patience) {
      completion($0.flatMap(CacheFill.Reply.init))
    }
  }

  package func release(_ keys: CacheKeys, owner: String) {
    run(scripts.release, CacheCall(releasing: keys, owner: owner), within: Self.patience) { _ in }
  }

  package func watch(_ keys: CacheKeys, _ handler: @escaping () -> Void) {
    handlers[keys.channel] = handler
    let subscriber = subscriber ?? makeSubscriber()
    subscriber.subscribe(keys.channel) { [weak self] _ in self?.heard(keys.channel) }
  }

  package func unwatch(_ keys: CacheKeys) {
    handlers[keys.channel] = nil
    subscriber?.unsubscribe(keys.channel)
  }

  package func beat() { if ownsClient { runner.probe() } }

  package func flush() { runner.flush() }
  package func flushSoon() { runner.flushSoon() }

  package func close() {
    subscriber?.close()
    subscriber = nil
    guard ownsClient else { return }
    runner.client.flush()
    runner.client.close()
  }

  private func heard(_ channel: String) { handlers[channel]?() }

  private func makeSubscriber() -> RedisSubscriber {
    let subscriber = RedisSubscriber(address, on: loop) { [weak self] news in
      if case .subscribed(let channel) = news { self?.heard(channel) }
    }
    self.subscriber = subscriber
    subscriber.start()
    return subscriber
  }

  private func run(
    _ script: Script, _ call: CacheCall, within limit: TimeAmount? = nil,
    _ completion: @escaping (Reply?) -> Void
  ) {
    guard isAvailable else { return completion(nil) }
    runner.run(script, key: call.keys[0], within: limit, isOptional: true, command: call.command) { result in
      completion(try? result.get())
    }
  }
}

extension CacheScripts {
  static let shared = CacheScripts()
}

extension CacheCall {
  /// `EVALSHA <sha> <number of keys> <keys> <arguments>`, or `EVAL` with the source.
  func command(_ name: String, _ script: String) -> ByteBuffer {
    var bytes = ByteBufferAllocator().buffer(capacity: 512 + arguments.reduce(0) { $0 + $1.count })
    bytes.writeCommand(words: 3 + keys.count + arguments.count)
    for word in [name, script, String(keys.count)] + keys { bytes.writeWord(word) }
    for argument in arguments { bytes.writeWord(argument) }
    return bytes
  }
}
