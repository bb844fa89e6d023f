/// A time of day on some days of the week, by a zone's clocks: `mon-fri 08:00-18:00 Europe/Berlin`.
///
/// One that ends before it begins goes over midnight, and its days are those on which it begins. One that ends when it begins is the whole
/// day.
package struct RuleTime: Sendable, Hashable {
  package static let days = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
  private static let daySeconds: Int64 = 86_400

  /// A bit for each, Monday's the lowest.
  package let days: UInt8
  /// Minutes since midnight; the end is behind the last.
  package let start: Int64
  package let end: Int64
  package let zone: Zone
  /// As it was written.
  package let text: String

  package init(days: UInt8, start: Int64, end: Int64, zone: Zone, text: String) {
    (self.days, self.start, self.end, self.zone, self.text) = (days, start, end, zone, text)
  }

  package func contains(_ unixSeconds: Int64) -> Bool {
    let local = unixSeconds + zone.offset(at: unixSeconds)
    let second = ((local % Self.daySeconds) + Self.daySeconds) % Self.daySeconds
    // 1970 began on a Thursday.
    let day = (((local - second) / Self.daySeconds + 3) % 7 + 7) % 7
    let minute = second / 60
    if start == end { return isOn(day) }
    if start < end { return isOn(day) && start <= minute && minute < end }
    return minute >= start ? isOn(day) : minute < end && isOn((day + 6) % 7)
  }

  private func isOn(_ day: Int64) -> Bool { days >> UInt8(day) & 1 == 1 }

  package static func == (one: RuleTime, other: RuleTime) -> Bool { one.text == other.text }
  package func hash(into hasher: inout Hasher) { hasher.combine(text) }
}
