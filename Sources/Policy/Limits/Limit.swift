/// A limit of the configuration as it is applied: what it counts, where it is kept, and what holds while that can't be asked.
package struct Limit: Sendable {
  package enum Measure: String, Sendable, CaseIterable {
    case requests, tokens
    case inputTokens = "input_tokens"
    case outputTokens = "output_tokens"
    case dollars, concurrent
  }

  package enum Shape: Sendable {
    case bucket(Bucket.Rule)
    /// So much in each calendar window.
    case budget(capacity: Int64, CalendarWindow, Zone)
    case slots(Slots.Rule)
  }

  /// What holds while the shared state can't be asked (algorithms §1.6).
  package enum Outage: String, Sendable, CaseIterable {
    /// This replica's share of the limit.
    case share
    /// Nothing is let through.
    case closed
    /// Everything is.
    case open
  }

  /// Where the configuration has it, `tenants.acme.limits[0]`: for logs and metrics.
  package let path: String
  /// What clients are told is limited: `tokens per minute of team search`.
  package let name: String
  /// The same as a short word, `team-tokens-minute`.
  package let label: String
  package let measure: Measure
  package let shape: Shape
  package let outage: Outage
  /// The whole key, tag and all; a budget's lacks the start of the window.
  package let key: String
  /// The percent of it from which on requests go where they cost less; nil: none.
  package let steer: Int?

  package init(
    path: String, name: String, label: String, measure: Measure, shape: Shape, outage: Outage, key: String,
    steer: Int? = nil
  ) {
    self.path = path
    self.name = name
    self.label = label
    self.measure = measure
    self.shape = shape
    self.outage = outage
    self.key = key
    self.steer = steer
  }

  /// Whether requests go where they cost less, as so much of it is left.
  package func steers(left: Int64) -> Bool {
    guard let steer else { return false }
    return (Int128(capacity) - Int128(left)) * 100 >= Int128(capacity) * Int128(steer)
  }

  /// Requests, tokens or micro-dollars in a window, or exchanges at a time.
  package var capacity: Int64 {
    switch shape {
    case .bucket(let rule): rule.tokens
    case .budget(let capacity, _, _): capacity
    case .slots(let rule): Int64(rule.count)
    }
  }
}

/// The limits of one hash tag that apply to an exchange; they are taken together or not at all.
package struct LimitGroup: Sendable {
  /// `sy:{t:acme}`: what the keys of the group begin with.
  package let prefix: String
  package let limits: [Limit]
  /// Those that send requests where they cost less.
  package let steering: [Limit]
  /// What a lease of the group is known by, where all its limits are buckets and so can be leased; tells rules apart too, as a new
  /// configuration changes them.
  let leaseName: String?

  package init(prefix: String, limits: [Limit]) {
    self.prefix = prefix
    self.limits = limits
    steering = limits.filter { $0.steer != nil }
    let names = limits.compactMap { limit -> String? in
      guard case .bucket(let rule) = limit.shape else { return nil }
      return "\(limit.key) \(rule.tokens) \(rule.window)"
    }
    leaseName = !names.isEmpty && names.count == limits.count ? names.joined(separator: "\n") : nil
  }
}

/// The limits that the exchanges of one key are subject to, by the model that is asked for.
package struct KeyLimits: Sendable {
  /// What applies whatever the model is.
  private let always: LimitGroup?
  /// By the model's position, that and the model's own; empty where no limit is by model.
  private let byModel: [LimitGroup?]

  package init(always: LimitGroup?, byModel: [LimitGroup?]) {
    self.always = always
    self.byModel = byModel
  }

  package static let none = KeyLimits(always: nil, byModel: [])

  package func group(model: Int) -> LimitGroup? {
    byModel.indices.contains(model) ? byModel[model] : always
  }
}

/// What an exchange takes, or is thought to take.
package struct Demand: Equatable, Sendable {
  package var requests: Int64
  package var inputTokens: Int64
  package var outputTokens: Int64
  package var microdollars: Int64

  package init(requests: Int64 = 1, inputTokens: Int64, outputTokens: Int64, microdollars: Int64) {
    self.requests = requests
    self.inputTokens = inputTokens
    self.outputTokens = outputTokens
    self.microdollars = microdollars
  }

  /// An exchange of which nothing ever left.
  package static let nothing = Demand(requests: 0, inputTokens: 0, outputTokens: 0, microdollars: 0)

  package func amount(of measure: Limit.Measure) -> Int64 {
    switch measure {
    case .requests: requests
    case .tokens: inputTokens + outputTokens
    case .inputTokens: inputTokens
    case .outputTokens: outputTokens
    case .dollars: microdollars
    case .concurrent: 1
    }
  }
}
