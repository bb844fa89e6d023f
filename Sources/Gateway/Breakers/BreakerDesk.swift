import NIOConcurrencyHelpers
import Policy
import Settings
import Synchronization

/// The breakers of a replica in one place: which there are, what is heard of them, and when it is time for what. Shared by its workers.
final class BreakerDesk: Sendable {
  /// A probe that could not be told, or a permit whose answer was lost.
  struct Debt: Sendable {
    enum Matter: Sendable { case probe(BreakerProbe), permit(String) }
    var site: BreakerSite
    var matter: Matter
    var until: Int64
  }

  struct Pools: Sendable {
    /// Of keys in the shared state.
    var prefix = ""
    var all: [[BreakerSite]] = []
  }

  private let sites: NIOLockedValueBox<[BreakerSite]>
  private let byName: NIOLockedValueBox<[String: [BreakerSite]]>
  private let debts = NIOLockedValueBox<[Debt]>([])
  private let pools: NIOLockedValueBox<Pools>
  private let lastPass: Synchronization.Atomic<Int64>
  private let lastRound: Synchronization.Atomic<Int64>
  private let lastReply: Synchronization.Atomic<Int64>
  private let lastConnected: Synchronization.Atomic<Int64>
  private let isLost = Synchronization.Atomic<Bool>(true)

  /// Milliseconds from one round to the next: workers come by every 100.
  private static let round: Int64 = 90
  /// Milliseconds without a reply after which the shared state is away: its breakers are asked for each second.
  private static let patience: Int64 = 2_500
  /// Milliseconds without a way to it after which calls that would need its permit wait for it no longer: three looks of each worker.
  private static let impatience: Int64 = 300
  private static let mostDebts = 10_000

  init(_ snapshot: Snapshot, now: Int64) {
    sites = NIOLockedValueBox([])
    byName = NIOLockedValueBox([:])
    pools = NIOLockedValueBox(Pools())
    lastPass = .init(now)
    lastRound = .init(now)
    lastReply = .init(now)
    lastConnected = .init(now)
    apply(snapshot)
  }

  func apply(_ snapshot: Snapshot) {
    let all = snapshot.breakers.all
    sites.withLockedValue { $0 = all }
    pools.withLockedValue {
      let pools = snapshot.settings.breaker.outliers ? snapshot.breakers.pools : []
      $0 = Pools(
        prefix: snapshot.settings.state.keyPrefix,
        all: pools.filter { $0.count >= OutlierPass.leastEndpoints })
    }
    byName.withLockedValue { $0 = Dictionary(grouping: all, by: \.keys.name) }
  }

  var all: [BreakerSite] { sites.withLockedValue { $0 } }

  /// True for one worker in each tenth of a second.
  func isRoundDue(_ now: Int64) -> Bool {
    let last = lastRound.load(ordering: .relaxed)
    return now - last >= Self.round
      && lastRound.compareExchange(expected: last, desired: now, ordering: .relaxed).exchanged
  }

  /// Pools in which one endpoint may be told from the rest, where it is time to and for one worker alone.
  func takeOutlierPass(_ now: Int64) -> Pools? {
    let last = lastPass.load(ordering: .relaxed)
    guard now - last >= OutlierPass.period,
      lastPass.compareExchange(expected: last, desired: now, ordering: .relaxed).exchanged
    else { return nil }
    let pools = pools.withLockedValue { $0 }
    return pools.all.isEmpty ? nil : pools
  }

  // MARK: What is heard

  func hear(_ name: String, _ status: BreakerStatus, now: Int64) {
    for site in byName.withLockedValue({ $0[name] }) ?? [] { site.hear(status, asked: nil, now: now) }
  }

  /// Messages may have been missed.
  func readAllSoon() { for site in all { site.readSoon() } }

  func noteReply(_ now: Int64) {
    lastReply.store(now, ordering: .relaxed)
    isLost.store(false, ordering: .relaxed)
  }

  /// Some worker has a way to the shared state.
  func noteConnected(_ now: Int64) { lastConnected.store(now, ordering: .relaxed) }

  /// No worker has had one for a moment, and none has heard anything.
  func isCutOff(_ now: Int64) -> Bool {
    now - max(lastConnected.load(ordering: .relaxed), lastReply.load(ordering: .relaxed)) > Self.impatience
  }

  func isSilent(_ now: Int64) -> Bool { now - lastReply.load(ordering: .relaxed) > Self.patience }

  /// Goes on alone where nothing has been heard for too long.
  func loseIfSilent(_ now: Int64) {
    guard isSilent(now), !isLost.exchange(true, ordering: .relaxed) else { return }
    for site in all { site.lose(now: now) }
  }

  // MARK: What is owed

  func owe(_ debt: Debt) {
    debts.withLockedValue { if $0.count < Self.mostDebts { $0.append(debt) } }
  }

  /// Those that still matter.
  func takeDebts(now: Int64) -> [Debt] {
    debts.withLockedValue { debts in
      defer { debts = [] }
      return debts.isEmpty ? [] : debts.filter { $0.until > now }
    }
  }
}
