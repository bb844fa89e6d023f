/// The leases of one worker: which groups are hot, what is in stock, and what is to be asked of the shared state.
///
/// Bound (invariant I1): all workers of all replicas together hold at most a twentieth of a bucket's tokens in stock, so over any
/// window W at most 1.05·capacity + rate·W is let through, and what exchanges gave back within the last half second before it. A
/// worker that dies loses its stock, and gives nothing back that was spent.
///
/// Times are monotonic milliseconds.
package struct LeaseBook {
  /// A group that is asked for, and its lease, if it is hot or was.
  private struct Entry {
    let group: LimitGroup
    let rules: [Bucket.Rule]
    var rate: AdmissionRate
    /// What each bucket has left, as the shared state last said; empty where it has not.
    var left: [Int64] = []
    var lease: Lease?
    /// The stock that was last asked for; empty where it is to be none.
    var wanted: [Int64] = []
    var lastCall: Int64 = 0

    init(_ group: LimitGroup, _ now: Int64) {
      self.group = group
      rules = group.limits.compactMap { limit in
        if case .bucket(let rule) = limit.shape { rule } else { nil }
      }
      rate = AdmissionRate(limits: group.limits.count, now: now)
    }

    /// Half of what was wanted is spent, and nothing is asked yet.
    var isLow: Bool {
      guard let lease, !lease.isAsking else { return false }
      return wanted.indices.contains { 2 * lease.stock($0) < wanted[$0] }
    }

    /// What each limit has left, where the costs could be taken from the stock.
    mutating func take(_ costs: [Int64]) -> [Int64]? {
      rate.add(costs)
      guard lease?.take(costs) == true, let lease else { return nil }
      return left.indices.map { min(rules[$0].tokens, left[$0] + lease.stock($0)) }
    }
  }

  private let terms: LeaseTerms
  private let owner: String
  private let workers: Int64
  private var entries: [String: Entry] = [:]
  /// Those that have a lease.
  private var leased: Set<String> = []
  private static let mostEntries = 4_096

  /// `workers`: of this replica, whose name is `owner`.
  package init(_ terms: LeaseTerms, owner: String, workers: Int) {
    self.terms = terms
    self.owner = owner
    self.workers = Int64(max(1, workers))
  }

  /// Leases that are at an end, and of which the shared state has yet to be told something.
  package var unsettled: Int {
    leased.count { name in entries[name]?.lease.map { !$0.isOpen && $0.differs } ?? false }
  }

  // MARK: Exchanges

  /// Takes an exchange's charges from the group's stock: the lease's name, what each limit has left, and whether it is worth asking
  /// for more before the next tick. Nil: the shared state is to be asked.
  package mutating func take(_ group: LimitGroup, _ charges: [Charge], now: Int64) -> (
    lease: String, left: [Int64], isLow: Bool
  )? {
    guard let name = group.leaseName else { return nil }
    if entries.count >= Self.mostEntries, entries[name] == nil { return nil }
    let costs = charges.map(\.cost)
    guard let left = entries[name, default: Entry(group, now)].take(costs) else { return nil }
    return (name, left, entries[name]?.isLow ?? false)
  }

  /// What an exchange takes beyond its reservation, while it runs.
  package mutating func use(_ lease: String, _ costs: [Int64]) { entries[lease]?.lease?.use(costs) }

  /// Puts what an exchange really took in the place of what it had reserved.
  package mutating func settle(_ lease: String, reserved: [Charge], actual: [Charge]) {
    entries[lease]?.lease?.settle(reserved: reserved.map(\.cost), actual: actual.map(\.cost))
  }

  /// What the shared state said is left of a group's buckets.
  package mutating func note(_ group: LimitGroup, left: [Int64]) {
    if let name = group.leaseName, left.count == group.limits.count { entries[name]?.left = left }
  }

  // MARK: Calls

  /// What is to be asked of the shared state at a tick; each call's answer is to be told. `replicas` are all that share it, nil where
  /// they are not known for long enough; `makeRecord` names a new lease of a group.
  package mutating func calls(
    replicas: Int?, now: Int64, makeRecord: (LimitGroup) -> String
  ) -> [(lease: String, call: LeaseCall)] {
    var calls: [(lease: String, call: LeaseCall)] = []
    for name in entries.keys.sorted() {
      entries[name]?.rate.roll(window: terms.window, now: now)
      if let call = call(of: name, replicas: replicas, now: now, makeRecord: makeRecord) {
        calls.append((name, call))
      }
      guard let entry = entries[name], entry.lease == nil, entry.rate.isIdle else { continue }
      entries[name] = nil
    }
    return calls
  }

  /// What is to be asked for one group.
  package mutating func call(
    of name: String, replicas: Int?, now: Int64, makeRecord: (LimitGroup) -> String
  ) -> LeaseCall? {
    guard var entry = entries[name] else { return nil }
    defer { entries[name] = entry }
    if entry.lease?.isAsking == true { return nil }
    entry.wanted = replicas.map { stockWanted(entry, name, Int64(max(1, $0)) * workers) } ?? []
    if entry.lease == nil, !entry.wanted.isEmpty {
      entry.lease = Lease(entry.group, record: makeRecord(entry.group))
      leased.insert(name)
    }
    let isOld = now - entry.lastCall >= terms.window
    let isDue =
      entry.wanted.isEmpty
      ? entry.lease?.isOpen == true || (entry.lease?.differs == true && isOld) : entry.isLow || isOld
    if isDue {
      entry.lastCall = now
      return entry.lease?.call(
        stock: entry.wanted, rules: entry.rules, owner: owner, lifetime: terms.lifetime)
    }
    if entry.lease?.isOver == true { drop(&entry, name) }
    return nil
  }

  /// At the end of the worker: gives back what is in stock.
  package mutating func closingCalls() -> [LeaseCall] {
    leased.sorted().compactMap { name in
      guard let lease = entries[name]?.lease, lease.differs || lease.isAsking else { return nil }
      let rules = entries[name]?.rules ?? []
      return entries[name]?.lease?.call(stock: [], rules: rules, owner: owner, lifetime: terms.lifetime)
    }
  }

  /// What became of a call; nil where nobody knows.
  package mutating func hear(_ reply: LeaseCall.Reply?, to call: LeaseCall, of lease: String) {
    entries[lease]?.lease?.hear(reply, to: call)
    switch reply {
    case .granted(let left): entries[lease]?.left = left
    case .refused(let left):
      entries[lease]?.left = left
      entries[lease]?.lastCall = 0  // what is in stock goes back at once
    case .late, nil: break
    }
  }

  /// The shared state can't keep a lease: nothing more is asked for it.
  package mutating func drop(_ lease: String) {
    guard var entry = entries[lease] else { return }
    drop(&entry, lease)
    entry.left = []
    entries[lease] = entry
  }

  private mutating func drop(_ entry: inout Entry, _ name: String) {
    entry.lease = nil
    leased.remove(name)
  }

  /// How much of each limit is to be in stock; nothing where the group is not hot, or too scarce to be leased.
  private func stockWanted(_ entry: Entry, _ name: String, _ holders: Int64) -> [Int64] {
    let isOpen = entry.lease?.isOpen == true
    guard entry.rate.counted * workers * (isOpen ? 2 : 1) >= terms.rate, entry.lease?.isWorn != true else {
      return []
    }
    guard
      isOpen || (!entry.left.isEmpty && zip(entry.left, entry.rules).allSatisfy { $0 > $1.tokens / 2 })
    else { return [] }
    var stock: [Int64] = []
    for (place, rule) in entry.rules.enumerated() {
      let spent = entry.rate.spent[place]
      let most =
        rule.tokens / (LeaseTerms.part * holders) - held(entry.group.limits[place].key, besides: name)
      let wanted = min(spent / 1_000 * terms.horizon + spent % 1_000 * terms.horizon / 1_000, most)
      // Less than an exchange needs is of no use.
      guard rule.tokens >= LeaseTerms.leastTokens * holders, wanted * entry.rate.counted >= spent else {
        return []
      }
      stock.append(wanted)
    }
    return stock
  }

  /// What this worker's other leases have in stock of a bucket, or may have.
  private func held(_ key: String, besides name: String) -> Int64 {
    leased.reduce(0) { sum, other in
      guard other != name, let entry = entries[other], let lease = entry.lease else { return sum }
      return entry.group.limits.indices.reduce(sum) {
        entry.group.limits[$1].key == key ? $0 + max(0, lease.mostStock($1)) : $0
      }
    }
  }
}
