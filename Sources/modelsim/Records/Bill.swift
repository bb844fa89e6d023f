/// Dollars per million tokens, in micro-dollars.
struct Prices: Equatable, Sendable {
  var input: Int64 = 150_000
  var output: Int64 = 600_000

  /// What `account` costs, in micro-dollars, rounded down.
  func cost(_ account: Bill.Account) -> Int64 {
    (Int64(account.promptTokens) * input + Int64(account.completionTokens) * output) / 1_000_000
  }
}

/// What would have to be paid, per model and key.
struct Bill: Sendable {
  struct Account: Equatable, Sendable {
    var requests = 0
    var answered = 0
    var rejected = 0
    var faulted = 0
    var cancelled = 0
    var promptTokens = 0
    var completionTokens = 0

    mutating func add(_ other: Account) {
      requests += other.requests
      answered += other.answered
      rejected += other.rejected
      faulted += other.faulted
      cancelled += other.cancelled
      promptTokens += other.promptTokens
      completionTokens += other.completionTokens
    }

    /// Takes in a request that has come to its end. Tokens are charged as far as they were sent with status 200.
    mutating func take(_ entry: LogEntry) {
      requests += 1
      switch entry.outcome {
      case .open: preconditionFailure("Bill: the request is still open")
      case .answered: answered += 1
      case .rejected: rejected += 1
      case .faulted: faulted += 1
      case .cancelled: cancelled += 1
      }
      guard entry.status == 200 else { return }
      promptTokens += entry.promptTokens
      completionTokens += entry.completionTokens
    }
  }

  struct Holder: Hashable, Sendable {
    var model: String
    var keySuffix: String
  }

  /// A request whose client went away.
  struct Cancellation: Equatable, Sendable {
    var id: UInt64
    var model: String
    var chunks: Int
    /// Nanoseconds from the request to the client's going, and from the last chunk to it.
    var after: Int64
    var sinceLastChunk: Int64
  }

  private(set) var accounts: [Holder: Account] = [:]
  private(set) var cancellations: [Cancellation] = []

  static let mostCancellations = 10_000

  mutating func take(_ entry: LogEntry, sinceLastChunk: Int64) {
    accounts[Holder(model: entry.model, keySuffix: entry.keySuffix), default: Account()].take(entry)
    guard entry.outcome == .cancelled, cancellations.count < Self.mostCancellations else { return }
    cancellations.append(
      Cancellation(
        id: entry.id, model: entry.model, chunks: entry.chunks, after: entry.elapsed,
        sinceLastChunk: sinceLastChunk))
  }

  var total: Account {
    accounts.values.reduce(into: Account()) { $0.add($1) }
  }

  func json(_ prices: Prices) -> JSONValue {
    let total = total
    return [
      "total": total.json(prices),
      "models": grouped(prices, by: \.model),
      "keys": grouped(prices, by: \.keySuffix),
      "cancellations": .array(cancellations.map(\.json)),
    ]
  }

  private func grouped(_ prices: Prices, by key: KeyPath<Holder, String>) -> JSONValue {
    var groups: [String: Account] = [:]
    for (holder, account) in accounts { groups[holder[keyPath: key], default: Account()].add(account) }
    let members = groups.sorted { $0.key < $1.key }.map {
      JSONValue.Member(key: $0.key, value: $0.value.json(prices))
    }
    return .object(members)
  }
}

extension Bill.Account {
  func json(_ prices: Prices) -> JSONValue {
    let cost = prices.cost(self)
    let digits = String(cost % 1_000_000)
    let dollars = "\(cost / 1_000_000)." + String(repeating: "0", count: 6 - digits.count) + digits
    return [
      "requests": .int(requests), "answered": .int(answered), "rejected": .int(rejected),
      "faulted": .int(faulted), "cancelled": .int(cancelled), "prompt_tokens": .int(promptTokens),
      "completion_tokens": .int(completionTokens), "dollars": .number(dollars),
    ]
  }
}

extension Bill.Cancellation {
  var json: JSONValue {
    [
      "id": .int(Int(id)), "model": .string(model), "chunks": .int(chunks),
      "after_ms": .thousandths(after / 1000), "since_last_chunk_ms": .thousandths(sinceLastChunk / 1000),
    ]
  }
}
