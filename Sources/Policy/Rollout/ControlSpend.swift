/// What copies of a model's requests cost a replica, for the sum that all replicas keep of a day.
package struct ControlSpend: Sendable {
  package let replica: String
  /// Rises with each call; the same again is not added.
  package let sequence: Int64
  package let model: ControlModel
  /// Micro-dollars.
  package let amount: Int64

  package static let most: Int64 = 1_000_000_000_000
  /// Milliseconds of a day, and that the sum is kept.
  static let day: Int64 = 86_400_000
  package static let lifetime: Int64 = 2 * day

  package init(replica: String, sequence: Int64, _ model: ControlModel, amount: Int64) {
    precondition(ControlRule.isID(replica), "'\(replica)' is no name of a replica")
    precondition(ControlRule.isNumber(sequence), "sequence \(sequence)")
    (self.replica, self.sequence, self.model) = (replica, sequence, model)
    self.amount = min(max(0, amount), Self.most)
  }

  /// What all replicas spent on a day.
  package struct Reply: Equatable, Sendable {
    package var now: Int64
    /// Days since 1970, UTC.
    package var day: Int64
    package var spent: Int64

    package init(now: Int64, day: Int64, spent: Int64) {
      (self.now, self.day, self.spent) = (now, day, spent)
    }
  }
}

extension ControlStore {
  /// A new day begins with nothing. Where the clock goes back to the day before, that day's sum goes on.
  package mutating func spend(_ spend: ControlSpend, now: Int64) -> ControlSpend.Reply {
    let key = names.shadowBudget(spend.model)
    var fields = hash(key, now)
    var day = ControlRule.number(fields["day"]) ?? 0
    var spent = ControlRule.number(fields["spent"]) ?? 0
    let today = now / ControlSpend.day
    if today > day { (fields, day, spent) = ([:], today, 0) }
    let field = "@\(spend.replica)"
    if let last = ControlRule.number(fields[field]), last >= spend.sequence {
      return ControlSpend.Reply(now: now, day: day, spent: spent)
    }
    spent = min(ControlRule.most, spent + spend.amount)
    (fields["day"], fields["spent"], fields[field]) = ("\(day)", "\(spent)", "\(spend.sequence)")
    write(fields, to: key, for: ControlSpend.lifetime, now: now)
    return ControlSpend.Reply(now: now, day: day, spent: spent)
  }

  /// What copies of a model's requests cost today.
  package func spent(_ model: ControlModel, now: Int64) -> Int64 {
    Self.spent(hash(names.shadowBudget(model), now), now: now)
  }

  package static func spent(_ fields: [String: String], now: Int64) -> Int64 {
    guard let day = ControlRule.number(fields["day"]), day >= now / ControlSpend.day else { return 0 }
    return ControlRule.number(fields["spent"]) ?? 0
  }
}
