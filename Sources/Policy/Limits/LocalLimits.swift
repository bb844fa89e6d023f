/// The limits while the shared state can't be asked: this replica's share of each, and what has been spent meanwhile and is to be
/// paid back (algorithms §1.6).
///
/// Whatever the outage's length D, all replicas together let through at most 2·capacity + rate·D where `replicas` is no less than
/// there are.
package struct LocalLimits: Sendable {
  /// What was spent of one limit.
  private struct Debt {
    var rule: Charge.Rule
    var cost: Int64
  }

  private var store = LimitStore()
  /// Limits that have been asked for since the outage began: their buckets began at this replica's share of what was left.
  private var begun: Set<String> = []
  /// By the prefix of the group, then by key.
  private var debts: [String: [String: Debt]] = [:]

  package init() {}

  package var hasDebts: Bool { !debts.isEmpty }

  /// Takes this replica's share of the charges whose limits say so; `limits` stand in the admission's order, none of them closed.
  /// `left` tells what the shared state last said is left of a key, `held` how many of its slots this replica holds.
  package mutating func admit(
    _ admission: Admission, _ limits: [Limit], replicas: Int, now: Int64, left: (String) -> Int64?,
    held: (String) -> Int
  ) -> Admission.Reply {
    var places: [Int] = []
    var shares: [Charge] = []
    for (place, charge) in admission.charges.enumerated() where limits[place].outage == .share {
      if case .slots(let rule) = charge.rule {
        guard held(charge.key) < max(1, rule.count / replicas) else {
          return .refused(charge: place, wait: LimitStore.slotWait, left: 0)
        }
        continue
      }
      let share = charge.share(of: replicas)
      begin(share, left(charge.key).map { $0 / Int64(replicas) }, now)
      places.append(place)
      shares.append(share)
    }
    let reply = store.admit(
      Admission(
        id: admission.id, reservation: admission.reservation, owner: admission.owner,
        lifetime: admission.lifetime, charges: shares), now: now)
    guard case .refused(let charge, let wait, let left) = reply else { return reply }
    return .refused(charge: places[charge], wait: wait, left: left)
  }

  /// A limit that is asked for the first time in this outage has no more than this replica's share of what was left.
  private mutating func begin(_ share: Charge, _ left: Int64?, _ now: Int64) {
    guard let left, begun.insert(share.key).inserted else { return }
    let capacity: Int64 =
      switch share.rule {
      case .bucket(let rule): rule.tokens
      case .budget(let budget): budget.capacity
      case .slots: 0
      }
    let cost = max(0, capacity - max(0, left))
    _ = store.charge(
      Admission(
        id: "begin", reservation: "begin:" + share.key, owner: "", lifetime: 1,
        charges: [Charge(key: share.key, rule: share.rule, cost: cost)]), now: now)
  }

  /// Puts the real costs in the place of the reserved ones, and remembers all of it as a debt to the shared state.
  package mutating func settle(
    _ settling: Settling, _ limits: [Limit], of prefix: String, replicas: Int, now: Int64
  ) {
    let shares = zip(settling.charges, limits).filter { $0.1.outage == .share && $0.1.measure != .concurrent }
      .map { $0.0.share(of: replicas) }
    _ = store.settle(
      Settling(id: settling.id, reservation: settling.reservation, charges: shares), now: now)
    for charge in settling.charges where charge.cost > 0 {
      if case .slots = charge.rule { continue }
      debts[prefix, default: [:]][charge.key, default: Debt(rule: charge.rule, cost: 0)].cost += charge.cost
    }
  }

  /// The shared state answers again: the next outage begins anew. Debts stay until they are taken.
  package mutating func end() {
    store = LimitStore()
    begun = []
  }

  /// What is to be charged to the shared state, for each group; the caller sees to it that it is, once.
  package mutating func takeDebts() -> [(prefix: String, charges: [Charge])] {
    defer { debts = [:] }
    return debts.map { prefix, debts in
      (prefix, debts.map { Charge(key: $0.key, rule: $0.value.rule, cost: Self.bounded($0.value)) })
    }
  }

  private static func bounded(_ debt: Debt) -> Int64 {
    switch debt.rule {
    case .bucket(let rule): min(debt.cost, Bucket.Rule.maximumUnits / rule.window)
    case .budget, .slots: min(debt.cost, Bucket.Rule.maximumUnits)
    }
  }

  package mutating func sweep(now: Int64) { store.sweep(now: now) }
}

extension Charge {
  /// The same cost of a limit of which each of `replicas` has an equal part; at least one token each.
  func share(of replicas: Int) -> Charge {
    switch rule {
    case .bucket(let rule): Charge(key: key, rule: .bucket(rule.share(of: Int64(replicas))), cost: cost)
    case .budget(let budget):
      Charge(
        key: key,
        rule: .budget(
          Budget(
            capacity: max(1, budget.capacity / Int64(replicas)), starts: budget.starts, ends: budget.ends)),
        cost: cost)
    case .slots: self
    }
  }
}

extension Bucket.Rule {
  /// A part of the tokens in the same window; of fewer tokens than parts, one token in as many windows.
  func share(of parts: Int64) -> Bucket.Rule {
    if tokens >= parts { return Bucket.Rule(tokens: tokens / parts, window: window) }
    let (longer, isTooLong) = window.multipliedReportingOverflow(by: parts)
    let longest = Self.maximumUnits
    return Bucket.Rule(tokens: 1, window: isTooLong ? longest : min(longest, longer / tokens))
  }
}
