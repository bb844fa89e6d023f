/// What one worker has charged to a group's buckets ahead of its exchanges; they spend it without asking the shared state
/// (algorithms §1.5).
///
/// Each limit has two sums since the lease began: what the shared state is known to have charged, and what exchanges have spent or
/// reserved. Their difference is the stock. Below zero it is a debt, which the next call charges.
struct Lease: Sendable {
  private struct Account {
    var charged: Int64 = 0
    var used: Int64 = 0
  }

  let group: LimitGroup
  /// Where the shared state keeps it.
  let record: String
  private var accounts: [Account]
  private var sequence: Int64 = 0
  private(set) var isAsking = false
  private var isRenewing = false
  /// Exchanges that have reserved of it and run.
  private(set) var running = 0
  /// A stock is to be had: what is there may be spent.
  private(set) var isOpen = false

  init(_ group: LimitGroup, record: String) {
    self.group = group
    self.record = record
    accounts = Array(repeating: Account(), count: group.limits.count)
  }

  /// Sums that pass this are begun anew, with another lease.
  private static let mostUsed: Int64 = 1 << 50

  /// Nothing is to be told of it any more.
  var isOver: Bool { running == 0 && !isAsking && !isOpen && !isBehind }

  /// The shared state has charged more or less than was used.
  var isBehind: Bool { accounts.contains { $0.charged != $0.used } }

  var isWorn: Bool { accounts.contains { $0.used > Self.mostUsed } }

  func stock(_ place: Int) -> Int64 { accounts[place].charged - accounts[place].used }

  // MARK: Exchanges

  /// Reserves the costs, if all are in stock; says whether.
  mutating func take(_ costs: [Int64]) -> Bool {
    guard isOpen, costs.indices.allSatisfy({ costs[$0] <= stock($0) }) else { return false }
    running += 1
    use(costs)
    return true
  }

  /// What an exchange takes beyond what it reserved, while it runs.
  mutating func use(_ costs: [Int64]) {
    for place in costs.indices { accounts[place].used += costs[place] }
  }

  /// Puts the real costs in the place of the reserved ones.
  mutating func settle(reserved: [Int64], actual: [Int64]) {
    running -= 1
    for place in reserved.indices {
      accounts[place].used += actual[place] - reserved[place]
    }
  }

  // MARK: Calls

  /// No more of it is spent; the next call gives the stock back.
  mutating func close() { isOpen = false }

  /// The call that makes the stock so much of each limit; nothing where it is closed.
  mutating func call(stock: [Int64], rules: [Bucket.Rule], owner: String, lifetime: Int64) -> LeaseCall {
    sequence += 1
    (isAsking, isRenewing) = (true, !stock.isEmpty)
    var parts: [LeaseCall.Part] = []
    for (place, rule) in rules.enumerated() {
      let account = accounts[place]
      let wanted = account.used + (stock.isEmpty ? 0 : stock[place])
      parts.append(
        .init(
          key: group.limits[place].key, rule: rule, before: account.charged, used: account.used,
          wanted: wanted))
    }
    return LeaseCall(record: record, owner: owner, sequence: sequence, lifetime: lifetime, parts: parts)
  }

  /// What became of the call; nil where nobody knows.
  mutating func take(_ reply: LeaseCall.Reply?, to call: LeaseCall) {
    isAsking = false
    switch reply {
    case .granted:
      for place in accounts.indices { accounts[place].charged = call.parts[place].wanted }
      isOpen = isRenewing
    case .refused:
      for place in accounts.indices { accounts[place].charged = call.parts[place].used }
      isOpen = false
    case .late, nil: break
    }
  }
}
