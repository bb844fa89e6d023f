/// Spreads what is looked at again over the hour: in none are there more than allowed, and they come evenly.
package struct AuditPace: Sendable {
  private static let hour = 3_600_000

  private var next = Int64.min

  package init() {}

  /// Whether one may be taken now, of so many an hour (at least 1). Milliseconds of a clock that does not go back.
  package mutating func take(_ perHour: Int, now: Int64) -> Bool {
    guard now >= next else { return false }
    next = now + Int64((Self.hour + perHour - 1) / perHour)
    return true
  }
}
