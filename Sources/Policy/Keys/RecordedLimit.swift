/// A limit as a key's record has it, in words: `600 requests per minute`, `50 dollars per day Europe/Berlin by user`, `8 concurrent`.
///
/// It means what the same words mean under `limits` of a key in the configuration.
package struct RecordedLimit: Hashable, Sendable {
  package enum Measure: String, Sendable, CaseIterable {
    case requests, tokens
    case inputTokens = "input_tokens"
    case outputTokens = "output_tokens"
    case dollars
    /// Exchanges at once.
    case concurrent
  }

  package enum Window: String, Sendable, CaseIterable {
    case second, minute, hour, day, week, month
  }

  /// Who each has such a limit.
  package enum Scope: String, Sendable, CaseIterable {
    case key, user, model
  }

  /// What holds while the shared state can't be asked.
  package enum Outage: String, Sendable, CaseIterable {
    case share, closed, open
  }

  package let measure: Measure
  /// Requests, tokens, micro-dollars or exchanges.
  package let amount: Int64
  /// Nil for `concurrent`.
  package let window: Window?
  /// Of the time zone database, for windows of the calendar; nil for UTC. Whether there is such a zone is not known here.
  package let zone: String?
  package let by: Scope
  package let outage: Outage
  /// The percent of dollars from which on requests go where they cost less; nil: none.
  package let steer: Int?

  /// Throws where no configuration could have such a limit.
  package init(
    _ amount: Int64, _ measure: Measure, per window: Window?, zone: String? = nil, by: Scope = .key,
    outage: Outage = .share, steer: Int? = nil
  ) throws(KeyRecordError) {
    self.measure = measure
    self.amount = amount
    self.window = window
    self.zone = zone == "UTC" ? nil : zone
    self.by = by
    self.outage = outage
    self.steer = steer
    if let reason = fault { throw KeyRecordError("limits", "'\(amount) \(measure.rawValue)' \(reason)") }
  }

  /// Whether it counts by the calendar, and so may have a zone; else it refills, or is of exchanges at once.
  package var isBudget: Bool {
    switch window {
    case .second, .minute, nil: false
    case .hour: measure == .dollars
    case .day, .week, .month: true
    }
  }

  /// What two limits of one key must not share.
  var claim: String { "\(measure.rawValue) per \(window?.rawValue ?? "-") by \(by.rawValue)" }

  /// Why there is no such limit: what follows it in a sentence.
  private var fault: String? {
    guard amount > 0 else { return "is not more than nothing" }
    if let steer, measure != .dollars || !(1...99).contains(steer) {
      return "can't steer: dollars do, from 1% to 99%"
    }
    switch (measure, window) {
    case (.concurrent, nil): return amount <= 1_000_000 ? zoneFault : "is more than 1000000"
    case (.concurrent, _?): return "has no window: it is how many run at once"
    case (_, nil): return "has no window: write 'per' and one"
    case (.dollars, .second), (.dollars, .minute): return "needs an hour, day, week or month"
    default: return sizeFault ?? zoneFault
    }
  }

  private var sizeFault: String? {
    let milliseconds: Int64 =
      switch window {
      case _ where isBudget: 1
      case .second: 1_000
      case .minute: 60_000
      default: 3_600_000
      }
    let largest = Bucket.Rule.maximumUnits / milliseconds
    return amount <= largest ? nil : "is too large to be counted: at most \(largest)"
  }

  private var zoneFault: String? {
    guard let zone else { return nil }
    guard isBudget else { return "refills or has no window, so that a zone means nothing" }
    return RecordRule.isZone(zone) ? nil : "has no zone of the time zone database, such as Europe/Berlin"
  }
}
