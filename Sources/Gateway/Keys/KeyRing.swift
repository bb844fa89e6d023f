import Coordination
import NIOCore
import Policy
import Settings

/// The keys that a worker knows: which of the configuration's are revoked, and the virtual ones that it has met.
///
/// Confined to the worker's loop. It polls for changes, so that a key seen before asks nobody and a revoked one is refused within
/// `KeyCacheBounds.fresh` (algorithms §1, ruling 7). While the shared state is away, known keys stay good up to `auth.stale_max`.
final class KeyRing {
  typealias Answer = KeyAnswer<VirtualKeyHolder>

  private let register: any KeyRegister
  private let clock: StateClock
  private var cache: KeyCache<VirtualKeyHolder>
  private var watch: KeyWatch
  private var snapshot: Snapshot
  private var waiting: [KeyID: [(KeyTurn) -> Void]] = [:]
  private var polledAt: Int64?
  private var isPolling = false
  private var isLearning = false
  private var hasCode = false

  /// Ids of the configuration that are read at a time.
  private static let pieces = 256

  init(_ register: any KeyRegister, _ clock: StateClock, _ snapshot: Snapshot) {
    self.register = register
    self.clock = clock
    self.snapshot = snapshot
    var bounds = KeyCacheBounds()
    bounds.staleMax = snapshot.settings.auth.staleMax.inMilliseconds
    cache = KeyCache(bounds)
    watch = KeyWatch(snapshot.authenticator.keyIDs)
    tick()  // what is in this process is known at once
  }

  // MARK: Asking

  /// Whether a key of the configuration is revoked, by its place in it.
  func isRevoked(_ position: Int, in snapshot: Snapshot) -> Bool {
    guard snapshot.epoch != self.snapshot.epoch else { return watch.isRevoked(position) }
    return watch.isRevoked(snapshot.authenticator.keyIDs[position])  // it began before a reload
  }

  /// Looks a virtual key up. The answer, which is never to ask or to wait, comes before this returns or later.
  func look(
    _ id: KeyID, _ digest: KeyDigest, from address: UInt64, _ completion: @escaping (Answer) -> Void
  ) {
    look(id, digest, address, .arrival(isAvailable: register.isAvailable), completion)
    register.flush()
  }

  private func look(
    _ id: KeyID, _ digest: KeyDigest, _ address: UInt64, _ turn: KeyTurn,
    _ completion: @escaping (Answer) -> Void
  ) {
    let answer = cache.look(id, digest, from: address, turn, now: clock.monotonic, clock: register.now)
    switch answer {
    case .ask, .wait:
      waiting[id, default: []].append { [weak self] turn in
        guard let self else { return completion(.unavailable) }
        look(id, digest, address, turn, completion)
      }
      if case .ask = answer { read(id) }
    case .useAndAsk(let holder):
      read(id)
      completion(.use(current(holder, id)))
    case .use(let holder): completion(.use(current(holder, id)))
    case .refused, .busy, .unavailable: completion(answer)
    }
  }

  /// Made anew by the first who asks after a reload: all known keys at once would stop the loop.
  private func current(_ holder: VirtualKeyHolder, _ id: KeyID) -> VirtualKeyHolder {
    guard !holder.isCompiled(for: snapshot) else { return holder }
    let current = holder.compiled(for: snapshot)
    cache.update(id, current)
    return current
  }

  private func read(_ id: KeyID) {
    register.readKey(id.description) { [weak self] result in
      guard let self else { return }
      let next =
        switch result {
        case .success(let reading): cache.answered(id, finding(id, reading), now: clock.monotonic)
        case .failure: cache.failed(id)
        }
      switch next {
      case .wake(let turn): for wake in waiting.removeValue(forKey: id) ?? [] { wake(turn) }
      case .askAgain: read(id)
      }
      register.flush()
    }
  }

  private func finding(_ id: KeyID, _ reading: KeyReading) -> KeyFinding<VirtualKeyHolder> {
    switch reading {
    case .entry(.none, _): .none
    case .entry(.tombstone, _): .revoked
    case .entry(.record(let record), _):
      .record(record, VirtualKeyHolder(id, record.terms, in: snapshot))
    case .unreadable: .unreadable
    }
  }

  // MARK: Staying right

  /// Whether any key can be judged: virtual ones can be looked up, and which of the configuration's are revoked is known.
  var isReady: Bool { snapshot.authenticator.anyone != nil || hasCode && watch.isComplete }

  /// Ten times a second.
  func tick() {
    guard snapshot.authenticator.anyone == nil, register.isAvailable else { return }
    if !hasCode { learn() }
    let now = clock.monotonic
    if !isPolling, polledAt.map({ now - $0 >= KeyCacheBounds.pollPeriod }) ?? true { poll(now) }
    readConfigured()
    register.flush()
  }

  private func poll(_ now: Int64) {
    isPolling = true
    polledAt = now
    register.keyChanges(since: cache.epoch) { [weak self] result in
      guard let self else { return }
      isPolling = false
      guard case .success(let changes) = result else { return }
      if case .changed(let ids, _, _) = changes { watch.changed(ids) }
      switch cache.polled(changes, sent: now) {
      case .done: break
      case .more: poll(now)
      case .forgotten:
        watch.forgetAll()
        hasCode = false
        learn()
      }
      register.flush()
    }
  }

  private func learn() {
    guard !isLearning, let proposal = KeySecret.random() else { return }
    isLearning = true
    register.keySecret(proposing: proposal) { [weak self] result in
      guard let self else { return }
      isLearning = false
      guard case .success(let secret) = result else { return }
      hasCode = true
      cache.learn(secret.code)
    }
  }

  /// Looks which keys of the configuration are revoked.
  private func readConfigured() {
    for id in watch.next(Self.pieces) {
      register.readKey(id) { [weak self] result in
        guard let self else { return }
        guard case .success(.entry(let entry, _)) = result else { return watch.failed(id) }
        watch.answered(id, isRevoked: entry.isRevoked)
      }
    }
  }

  /// Another configuration is in force: what is known of keys stays, what it stands for is made anew when it
  /// is asked for.
  func apply(_ snapshot: Snapshot) {
    self.snapshot = snapshot
    cache.staleMax = snapshot.settings.auth.staleMax.inMilliseconds
    watch = KeyWatch(snapshot.authenticator.keyIDs, former: watch)
  }

  /// What happened so far; the oldest data is that since this was last called.
  func figures() -> KeyFigures {
    KeyFigures(counts: cache.counts, known: cache.knownCount, oldest: cache.takeOldest() * 1_000_000)
  }
}

/// What a worker's keys come to.
struct KeyFigures: Sendable {
  var counts = KeyCacheCounts()
  var known = 0
  /// Nanoseconds: how old the oldest data was that let a request in.
  var oldest: Int64 = 0

  mutating func add(_ other: KeyFigures) {
    counts.add(other.counts)
    known += other.known
    oldest = max(oldest, other.oldest)
  }
}

extension KeyEntry {
  fileprivate var isRevoked: Bool {
    switch self {
    case .none: false
    case .tombstone: true
    case .record(let record): record.revoked != nil
    }
  }
}

extension Duration {
  fileprivate var inMilliseconds: Int64 {
    components.seconds * 1_000 + components.attoseconds / 1_000_000_000_000_000
  }
}
