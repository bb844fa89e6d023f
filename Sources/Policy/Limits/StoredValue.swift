/// What is reserved for an exchange that runs.
package struct Reservation: Equatable, Sendable {
  package let owner: String
  /// In the order of the admission's charges.
  package let costs: [Int64]

  package init(owner: String, costs: [Int64]) {
    self.owner = owner
    self.costs = costs
  }
}

/// A value of the shared limits, as operators read it with `redis-cli`.
package enum StoredValue: Equatable, Sendable {
  /// `<level in units> <milliseconds> <tokens> <window in milliseconds>`
  case bucket(Bucket, Bucket.Rule)
  /// `<spent> <capacity>`
  case budget(spent: Int64, capacity: Int64)
  /// `<owner> <cost> <cost> …`
  case reservation(Reservation)
  /// `<owner> <sequence> <charged> <charged> …`
  case lease(LeaseRecord)
  /// A sorted set: holder → milliseconds at which its slot ends.
  case slots(Slots)

  /// What `GET` answers; of slots, what `ZRANGE … WITHSCORES` does, by holder.
  package var text: String {
    switch self {
    case .bucket(let bucket, let rule): "\(bucket.level) \(bucket.at) \(rule.tokens) \(rule.window)"
    case .budget(let spent, let capacity): "\(spent) \(capacity)"
    case .reservation(let reservation):
      reservation.costs.reduce(into: reservation.owner) { $0 += " \($1)" }
    case .lease(let record):
      record.charged.reduce(into: "\(record.owner) \(record.sequence)") { $0 += " \($1)" }
    case .slots(let slots):
      slots.holders.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }.joined(separator: " ")
    }
  }
}
