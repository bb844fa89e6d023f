package import Policy

extension Settings {
  /// How much of one thing, in which window, for whom.
  ///
  /// What a loaded document holds keeps these rules: an amount is positive; slots alone have no window; dollars have a window of
  /// the calendar; a bucket's rule is valid (`Bucket.Rule.isValid`) and a budget's amount at most `Bucket.Rule.maximumUnits`.
  package struct Limit: Sendable, Equatable {
    package enum Amount: Sendable, Hashable {
      case requests(Int64)
      /// Of input and output together.
      case tokens(Int64)
      case inputTokens(Int64)
      case outputTokens(Int64)
      case dollars(microdollars: Int64)
      /// Exchanges at once.
      case concurrent(Int)
    }

    package enum Window: String, Sendable, Hashable, CaseIterable {
      case second, minute, hour, day, week, month
    }

    /// Who each has such a limit. In a document only the first five can be written; the others are of the place: all that ask a
    /// model, all that use a deployment, all that use one credential of a provider.
    package enum Scope: String, Sendable, Hashable, CaseIterable {
      case tenant, team, key, user, model, deployment, credential
    }

    /// What holds while the shared state can't be asked.
    package enum Outage: String, Sendable, Hashable, CaseIterable {
      /// Each replica has its share of the limit.
      case share
      /// Nobody is let in.
      case closed
      /// Everybody is let in.
      case open
    }

    package var amount: Amount
    /// Nil for `concurrent`.
    package var window: Window?
    package var by: Scope
    /// Whose days, weeks and months are meant; UTC where none are.
    package var zone: Zone = .utc
    package var outage: Outage = .share
    /// The percent of a budget of dollars from which on requests go where they cost less; nil: none.
    package var steer: Int?
    /// Its place in the document: `tenants.acme.limits[0]`.
    package var path = ""

    package init(_ amount: Amount, per window: Window? = nil, by: Scope) {
      self.amount = amount
      self.window = window
      self.by = by
    }
  }
}

extension Settings.Limit {
  /// How a limit is kept.
  package enum Kind: Hashable, Sendable {
    /// Refills all the time: rates of up to an hour.
    case bucket(Bucket.Rule)
    /// Counts up to `capacity` in each window of the limit's zone: dollars, and anything of a day or more.
    case budget(capacity: Int64, CalendarWindow)
    case slots(Int)
  }

  /// Traps on a limit that no document could hold.
  package var kind: Kind {
    if case .concurrent(let count) = amount { return .slots(count) }
    if let calendar { return .budget(capacity: units, calendar) }
    guard let milliseconds = window?.milliseconds else {
      preconditionFailure("\(path): a rate without a window")
    }
    return .bucket(Bucket.Rule(tokens: units, window: milliseconds))
  }

  /// The amount in the units that are counted: requests, tokens, micro-dollars, exchanges.
  package var units: Int64 {
    switch amount {
    case .requests(let count), .tokens(let count), .inputTokens(let count), .outputTokens(let count): count
    case .dollars(let microdollars): microdollars
    case .concurrent(let count): Int64(count)
    }
  }

  /// The calendar's window of a budget; nil for what is none.
  package var calendar: CalendarWindow? {
    switch window {
    case .hour: if case .dollars = amount { .hour } else { nil }
    case .day: .day
    case .week: .week
    case .month: .month
    case .second, .minute, nil: nil
    }
  }
}

extension Settings.Limit.Window {
  /// Of windows that a bucket may have.
  package var milliseconds: Int64? {
    switch self {
    case .second: 1000
    case .minute: 60_000
    case .hour: 3_600_000
    case .day, .week, .month: nil
    }
  }
}

extension Settings.Limit.Amount {
  /// What the document calls it.
  package var name: String {
    switch self {
    case .requests: "requests"
    case .tokens: "tokens"
    case .inputTokens: "input_tokens"
    case .outputTokens: "output_tokens"
    case .dollars: "dollars"
    case .concurrent: "concurrent"
    }
  }
}
