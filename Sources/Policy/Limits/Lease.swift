/// What one worker has charged to a group's buckets ahead of its exchanges; they spend it without asking the shared state
/// (algorithms §1.5).
///
/// Each limit has sums since the lease began: what the shared state has charged, and what exchanges have spent or reserved. What
/// exchanges give back is not spent again here: it goes back with the next call.
struct Lease: Sendable {
  private struct Account {
    /// Charged, as the shared state last said; where a call got no answer, the least that it may be.
    var charged: Int64 = 0
    var used: Int64 = 0
    /// What may be spent. Below zero where exchanges took more than they had reserved.
    var stock: Int64 = 0
    /// The stock that the call under way asks for, and what of it was there when it was sent.
    var asked: Int64 = 0
    var kept: Int64 = 0
  }

  let group: LimitGroup
  /// Where the shared state keeps it.
  let record: String
  private var accounts: [Account]
  private var sequence: Int64 = 0
  private(set) var isAsking = false
  private var isRenewing = false
  /// A call got no answer: nobody knows what is charged until the next one is answered.
  private var isUnsure = false
  /// Exchanges that have reserved of it and run.
  private(set) var running = 0
  /// The stock may be spent.
  private(set) var isOpen = false

  init(_ group: LimitGroup, record: String) {
    self.group = group
    self.record = record
    accounts = Array(repeating: Account(), count: group.limits.count)
  }

  /// Sums that pass this are begun anew, with another lease: scripts count exactly up to 2^53.
  private static let mostUsed: Int64 = 1 << 50

  /// Nothing is to be told of it any more.
  var isOver: Bool { running == 0 && !isAsking && !isOpen && !differs }

  /// The shared state has, or may have, charged something else than was used.
  var differs: Bool { isUnsure || accounts.contains { $0.charged != $0.used } }

  var isWorn: Bool { accounts.contains { $0.used > Self.mostUsed } }

  func stock(_ place: Int) -> Int64 { accounts[place].stock }

  /// What may be in stock once the call that is under way is answered.
  func mostStock(_ place: Int) -> Int64 {
    max(accounts[place].stock, isAsking ? accounts[place].asked : 0)
  }

  // MARK: Exchanges

  /// Reserves the costs, if all are in stock; says whether.
  mutating func take(_ costs: [Int64]) -> Bool {
    guard isOpen, costs.indices.allSatisfy({ costs[$0] <= accounts[$0].stock }) else { return false }
    running += 1
    use(costs)
    return true
  }

  /// What an exchange takes beyond what it reserved, while it runs.
  mutating func use(_ costs: [Int64]) {
    for place in costs.indices {
      accounts[place].used += costs[place]
      accounts[place].stock -= costs[place]
    }
  }

  /// Puts the real costs in the place of the reserved ones.
  mutating func settle(reserved: [Int64], actual: [Int64]) {
    running -= 1
    for place in reserved.indices {
      let more = actual[place] - reserved[place]
      accounts[place].used += more
      accounts[place].stock -= max(0, more)
    }
  }

  // MARK: Calls

  /// The call that makes the stock so much of each limit; where it is to be nothing, none of it is spent any more.
  mutating func call(stock: [Int64], rules: [Bucket.Rule], owner: String, lifetime: Int64) -> LeaseCall {
    sequence += 1
    (isAsking, isRenewing) = (true, !stock.isEmpty)
    if stock.isEmpty { isOpen = false }
    let parts = rules.enumerated().map { place, rule in
      ask(place, stock.isEmpty ? 0 : stock[place], rule)
    }
    return LeaseCall(record: record, owner: owner, sequence: sequence, lifetime: lifetime, parts: parts)
  }

  private mutating func ask(_ place: Int, _ asked: Int64, _ rule: Bucket.Rule) -> LeaseCall.Part {
    let account = accounts[place]
    // What the call gives away is not spent while it is under way, nor after it where its answer is lost.
    let kept = min(account.stock, asked)
    (accounts[place].asked, accounts[place].kept, accounts[place].stock) = (asked, kept, kept)
    return .init(
      key: group.limits[place].key, rule: rule, before: account.charged, used: account.used,
      wanted: account.used + asked)
  }

  /// What became of the call; nil where nobody knows.
  mutating func hear(_ reply: LeaseCall.Reply?, to call: LeaseCall) {
    isAsking = false
    for (place, part) in call.parts.enumerated() { hear(reply, place, part) }
    switch reply {
    case .granted: (isOpen, isUnsure) = (isRenewing, false)
    case .refused: isOpen = false
    case .late, nil: isUnsure = true
    }
  }

  private mutating func hear(_ reply: LeaseCall.Reply?, _ place: Int, _ part: LeaseCall.Part) {
    let account = accounts[place]
    switch reply {
    case .granted:
      accounts[place].charged = part.wanted
      accounts[place].stock += account.asked - account.kept
    case .refused: accounts[place].charged = max(part.used, min(account.charged, part.wanted))
    case .late, nil: accounts[place].charged = min(account.charged, part.wanted)
    }
  }
}
