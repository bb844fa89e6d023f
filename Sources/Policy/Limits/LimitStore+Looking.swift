/// Limits for people who look: nothing of it is on an exchange's way.
extension LimitStore {
  /// One that holds these values, for as long as they are looked at.
  package init(_ values: [String: StoredValue]) {
    self.init()
    for (key, value) in values { put(value, at: key, until: .max) }
  }

  /// How long until a charge fits (0: now, nil: never), and what is left.
  package func look(_ charge: Charge, now: Int64) -> (wait: Int64?, left: Int64) {
    var copy = self
    return copy.room(for: charge, now)
  }
}
