import Policy
import Settings
import Synchronization

/// What decides when a model's requests are hedged, for all workers of the replica.
final class HedgeDesk: Sendable {
  let rule: HedgeRule
  private let ledger: RetryLedger
  private let learnt: Learnt

  /// What outlives a reload.
  private final class Learnt: Sendable {
    let hedges = SecondCounts()
    let sinceLast = Atomic<Int>(0)
    let stream = SharedQuantile()
    let plain = SharedQuantile()
  }

  /// `ledger` counts the model's requests.
  init(_ rule: HedgeRule, _ ledger: RetryLedger, former: HedgeDesk?) {
    self.rule = rule
    self.ledger = ledger
    learnt = former?.learnt ?? Learnt()
    if case .quantile(let quantile) = rule.after, former?.rule.after != rule.after {
      learnt.stream.restart(quantile)
      learnt.plain.restart(quantile)
    }
  }

  func countRequest() { learnt.sinceLast.wrappingAdd(1, ordering: .relaxed) }

  /// Nanoseconds that the first attempt is given; nil while too little is known.
  func patience(isStream: Bool) -> Int64? {
    switch rule.after {
    case .time(let time): time
    case .quantile: times(isStream).estimate
    }
  }

  /// Takes the nanoseconds in which an attempt began to answer, or after which it was given up for another.
  func learn(_ time: Int64, isStream: Bool) {
    if case .quantile = rule.after { times(isStream).add(time) }
  }

  private func times(_ isStream: Bool) -> SharedQuantile { isStream ? learnt.stream : learnt.plain }

  /// Whether the budget has one more. It isn't taken: what a hedge needs besides may be refused.
  func hasBudget(now: Int64) -> Bool {
    let requests = ledger.requests(now: now)
    let hedges = learnt.hedges.sum(upTo: RetryLedger.second(now))
    return rule.budget.allows(
      requests: requests, hedges: hedges, sinceLast: learnt.sinceLast.load(ordering: .relaxed))
  }

  /// Takes one hedge out of the budget, or answers that none is left. A look and a step: as many workers as there are may be one late.
  func takeHedge(now: Int64) -> Bool {
    guard hasBudget(now: now) else { return false }
    learnt.hedges.add(at: RetryLedger.second(now))
    learnt.sinceLast.store(0, ordering: .relaxed)
    return true
  }
}

/// `RecentTimes` that many add to; what they come to is read without a lock.
private final class SharedQuantile: Sendable {
  private let times = Mutex(RecentTimes(quantile: 100_000))
  /// Nanoseconds; 0 while nothing is known.
  private let published = Atomic<Int64>(0)

  var estimate: Int64? {
    let value = published.load(ordering: .relaxed)
    return value > 0 ? value : nil
  }

  func add(_ time: Int64) {
    let change = times.withLock { $0.add(time) ? $0.estimate : nil }
    if let change { published.store(change, ordering: .relaxed) }
  }

  func restart(_ quantile: Int) {
    times.withLock { $0 = RecentTimes(quantile: quantile) }
    published.store(0, ordering: .relaxed)
  }
}

extension HedgeRule {
  init(_ hedge: Settings.Hedge) {
    let after: After =
      switch hedge.after {
      case .quantile(let quantile): .quantile(quantile)
      case .time(let time): .time(time.nanoseconds)
      }
    self.init(after: after, budget: HedgeBudget(share: hedge.budget))
  }
}
