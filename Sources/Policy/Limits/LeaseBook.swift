/// The leases of one worker: which groups are hot, what is in stock, and what is to be asked of the shared state.
///
/// Bound (invariant I1): all workers of all replicas together hold at most a twentieth of a bucket's tokens in stock, so over any
/// window W at most 1.05·capacity + rate·W is let through. A worker that dies loses its stock, and gives nothing back that was spent.
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
    var lastCall: Int64 = 0

    init(_ group: LimitGroup, _ now: Int64) {
      self.group = group
      rules = group.limits.compactMap { limit in
        if case .bucket(let rule) = limit.shape { rule } else { nil }
      }
      rate = AdmissionRate(limits: group.limits.count, now: now)
    }

    /// What each limit has left, where the costs could be taken from the stock; a stock of less than four as much is low.
    mutating func take(_ costs: [Int64], _ isLow: inout Bool) -> [Int64]? {
      rate.add(costs)
      guard lease?.take(costs) == true, let lease else { return nil }
      if !lease.isAsking, costs.indices.contains(where: { lease.stock($0) < 4 * costs[$0] }) { isLow = true }
      return left.indices.map { min(rules[$0].tokens, left[$0] + lease.stock($0)) }
    }
  }

  private let terms: LeaseTerms
  private let owner: String
  private let workers: Int64
  private var entries: [String: Entry] = [:]
  /// A stock was found low: it is worth asking before the next tick.
  package private(set) var isLow = false
  private static let mostEntries = 4_096

  /// `workers`: of this replica, whose name is `owner`.
  package init(_ terms: LeaseTerms, owner: String, workers: Int) {
    self.terms = terms
    self.owner = owner
    self.workers = Int64(max(1, workers))
  }

  /// Leases that are at an end, and of which the shared state has yet to be told something.
  package var unsettled: Int {
    entries.values.reduce(0) { $0 + ($1.lease.map { !$0.isOpen && $0.isBehind } ?? false ? 1 : 0) }
  }

  // MARK: Exchanges

  /// Takes an exchange's charges from the group's stock: the lease's name, and what each limit has left. Nil: the shared state is to be
  /// asked.
  package mutating func take(_ group: LimitGroup, _ charges: [Charge], now: Int64) -> (
    lease: String, left: [Int64]
  )? {
    guard let name = group.leaseName else { return nil }
    if entries.count >= Self.mostEntries, entries[name] == nil { return nil }
    let costs = charges.map(\.cost)
    let left = entries[name, default: Entry(group, now)].take(costs, &isLow)
    return left.map { (name, $0) }
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

  /// What is to be asked of the shared state; each call's answer is to be told. `replicas` are all that share it; `makeRecord` names a
  /// new lease of a group.
  package mutating func calls(
    replicas: Int, now: Int64, makeRecord: (LimitGroup) -> String
  ) -> [(lease: String, call: LeaseCall)] {
    isLow = false
    var calls: [(lease: String, call: LeaseCall)] = []
    let holders = Int64(max(1, replicas)) * workers
    for name in entries.keys.sorted() {
      guard var entry = entries[name] else { continue }
      entry.rate.roll(window: terms.window, now: now)
      let stock = stockWanted(entry, name, holders)
      if entry.lease == nil, !stock.isEmpty {
        entry.lease = Lease(entry.group, record: makeRecord(entry.group))
      }
      if let call = call(of: &entry, stock, now) { calls.append((name, call)) }
      if entry.lease?.isOver == true { entry.lease = nil }
      entries[name] = entry.lease == nil && entry.rate.isIdle ? nil : entry
    }
    return calls
  }

  /// At the end of the worker: gives back what is in stock.
  package mutating func closingCalls(now: Int64) -> [LeaseCall] {
    entries.keys.sorted().compactMap { name in
      guard var entry = entries[name], entry.lease?.isBehind == true else { return nil }
      defer { entries[name] = entry }
      entry.lease?.close()
      return entry.lease?.call(stock: [], rules: entry.rules, owner: owner, lifetime: terms.lifetime)
    }
  }

  /// What became of a call; nil where nobody knows.
  package mutating func take(_ reply: LeaseCall.Reply?, to call: LeaseCall, of lease: String) {
    entries[lease]?.lease?.take(reply, to: call)
    switch reply {
    case .granted(let left), .refused(let left): entries[lease]?.left = left
    case .late, nil: break
    }
  }

  private func call(of entry: inout Entry, _ stock: [Int64], _ now: Int64) -> LeaseCall? {
    guard let lease = entry.lease, !lease.isAsking else { return nil }
    let isOld = now - entry.lastCall >= terms.window
    let isDue =
      if stock.isEmpty {
        lease.isOpen || (lease.isBehind && isOld)
      } else {
        isOld || stock.indices.contains { 2 * lease.stock($0) < stock[$0] }
      }
    guard isDue else { return nil }
    if stock.isEmpty { entry.lease?.close() }
    entry.lastCall = now
    return entry.lease?.call(stock: stock, rules: entry.rules, owner: owner, lifetime: terms.lifetime)
  }

  /// How much of each limit is to be in stock; nothing where the group is not hot, or too scarce to be leased.
  private func stockWanted(_ entry: Entry, _ name: String, _ holders: Int64) -> [Int64] {
    let isOpen = entry.lease?.isOpen == true
    guard entry.rate.counted * workers * (isOpen ? 2 : 1) >= terms.rate, entry.lease?.isWorn != true else {
      return []
    }
    guard isOpen || (!entry.left.isEmpty && zip(entry.left, entry.rules).allSatisfy { $0 > $1.tokens / 2 })
    else {
      return []
    }
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

  /// What this worker's other leases have in stock of a bucket.
  private func held(_ key: String, besides name: String) -> Int64 {
    entries.reduce(0) { sum, other in
      guard other.key != name, let lease = other.value.lease else { return sum }
      let places = other.value.group.limits.indices.filter { other.value.group.limits[$0].key == key }
      return places.reduce(sum) { $0 + max(0, lease.stock($1)) }
    }
  }
}
