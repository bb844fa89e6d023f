package import NIOCore
package import Policy

/// Answers kept in Redis, by looks and the scripts `cache_*.lua`: in that of the shared state, or in one of their own.
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
  /// How far Redis' clock is ahead of the machine's monotonic one, in milliseconds, and when it was asked last.
  private var offset: Int64?
  private var askedAt: Int64?
  private let monotonic: () -> Int64

  /// Milliseconds after which a look asks for the time too.
  private static let toldFor: Int64 = 100
  /// For what nobody waits for: a body takes longer than a question.
  private static let patience = TimeAmount.seconds(1)

  /// Over the way to the shared state.
  init(
    _ runner: ScriptRunner, _ address: RedisAddress, on loop: any EventLoop,
    monotonic: @escaping () -> Int64 = StateClock.monotonicMilliseconds, isUsable: @escaping () -> Bool
  ) {
    self.monotonic = monotonic
    self.runner = runner
    self.address = address
    self.loop = loop
    self.isUsable = isUsable
    ownsClient = false
  }

  /// Over a way of its own, which is started. To be made on `loop`; `breaker` is the replica's for this Redis.
  package init(
    _ address: RedisAddress, on loop: any EventLoop, _ breaker: ReplicaBreaker, timeout: TimeAmount,
    monotonic: @escaping () -> Int64 = StateClock.monotonicMilliseconds,
    tell: @escaping (RedisState.News) -> Void
  ) {
    self.monotonic = monotonic
    self.address = address
    self.loop = loop
    isUsable = { true }
    ownsClient = true
    let client = RedisClient(address, on: loop) { tell(.link($0)) }
    runner = ScriptRunner(client, on: loop, breaker, timeout: timeout) { tell(RedisState.News($0)) }
    client.start()
  }

  package var isAvailable: Bool { runner.isReady && isUsable() }
  package var lockLifetime: Int64 { 700 }

  package func get(
    _ keys: CacheKeys, claiming claim: CacheClaim?, _ completion: @escaping (CacheLookup?) -> Void
  ) {
    look(keys, claim, isCounted: true, completion)
  }

  package func lock(
    _ keys: CacheKeys, _ claim: CacheClaim, _ completion: @escaping (CacheClaim.Reply?) -> Void
  ) {
    guard claim.seen == 0, let offset else { return lockByScript(keys, claim, completion) }
    guard isAvailable else { return completion(nil) }
    // Its owner has just found nothing: mostly nothing has come since, and a second look would be for nothing.
    let take = CacheLook(keys: keys).take(claim, now: monotonic() + offset)
    ask(take, keys, isCounted: false) { [self] reply in
      guard let reply else { return completion(nil) }
      if reply.text == "OK" { return completion(.got) }
      lookAgain(keys, claim, completion)
      flush()
    }
  }

  /// Who has the lock that `claim` didn't get.
  private func lookAgain(
    _ keys: CacheKeys, _ claim: CacheClaim, _ completion: @escaping (CacheClaim.Reply?) -> Void
  ) {
    look(keys, claim, isCounted: false) { [self] lookup in
      guard let lookup else { return completion(nil) }
      if lookup.isClaimed { return completion(.got) }
      if let holder = lookup.holder { return completion(.held(holder)) }
      if lookup.seen != 0 { return completion(.changed) }
      lockByScript(keys, claim, completion)  // what stands there can't be read, or is of the future
      flush()
    }
  }

  /// `isCounted`: Redis' breaker learns of it, once for an exchange. An answer to a read alone doesn't make up for refused writes.
  private func look(
    _ keys: CacheKeys, _ claim: CacheClaim?, isCounted: Bool, _ completion: @escaping (CacheLookup?) -> Void
  ) {
    guard isAvailable else { return completion(nil) }
    let look = CacheLook(keys: keys)
    let asked = monotonic()
    // A lock says until when it holds: whoever doesn't know Redis' clock takes none here, but by a script.
    let claim = offset == nil ? nil : claim
    var (isRefused, told): (Bool, Int64?) = (false, nil)
    if let claim, let offset {
      ask(look.take(claim, now: asked + offset), keys, isCounted: false) { isRefused = $0 == nil }
    }
    if address.isCluster || askedAt.map({ asked - $0 >= Self.toldFor }) ?? true || offset == nil {
      askedAt = asked
      ask(CacheLook.time, keys, isCounted: false) { [self] reply in
        guard let now = reply?.time else { return }
        // Taken for the time at which it was asked for: a loop that stood still makes it no later.
        offset = now - asked
        told = now
      }
    }
    ask(look.find, keys, isCounted: isCounted) { [self] reply in
      let now = told ?? offset.map { monotonic() + $0 } ?? EmbeddedState.wallMilliseconds()
      let isLost = isRefused && claim != nil
      completion(isLost ? nil : reply.flatMap { CacheLookup($0, claiming: claim?.owner, now: now) })
    }
  }

  private func lockByScript(
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

  private func ask(
    _ words: [String], _ keys: CacheKeys, isCounted: Bool, _ completion: @escaping (Reply?) -> Void
  ) {
    var bytes = ByteBufferAllocator().buffer(capacity: 256)
    bytes.writeCommand(words)
    runner.ask(bytes, key: keys.answer, isCounted: isCounted) { completion(try? $0.get()) }
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

extension Reply {
  /// Of `TIME`, in milliseconds since 1970.
  fileprivate var time: Int64? {
    guard case .list(let parts) = self, parts.count == 2, let seconds = parts[0].text.flatMap(Int64.init),
      let microseconds = parts[1].text.flatMap(Int64.init)
    else { return nil }
    return seconds * 1_000 + microseconds / 1_000
  }
}
