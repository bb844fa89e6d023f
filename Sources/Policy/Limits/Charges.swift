/// Turns limits and demands into charges; remembers the calendar windows of budgets, which take a while to compute.
package struct Charges {
  private struct Window {
    var budget: Budget
    var key: String
    var calendar: CalendarWindow
    var zone: Zone
  }

  private var windows: [String: Window] = [:]
  /// Windows remembered before all are forgotten: each belongs to a limit of the configuration, and those change.
  private static let most = 4_096

  package init() {}

  /// The charges of a group at `now`, in the shared state's milliseconds.
  package mutating func charges(_ limits: [Limit], _ demand: Demand, now: Int64) -> [Charge] {
    var charges: [Charge] = []
    charges.reserveCapacity(limits.count)
    for limit in limits { charges.append(charge(limit, demand.amount(of: limit.measure), now)) }
    return charges
  }

  private mutating func charge(_ limit: Limit, _ amount: Int64, _ now: Int64) -> Charge {
    switch limit.shape {
    case .bucket(let rule):
      // More than a bucket could ever repay is the same as that.
      let cost = min(max(0, amount), Bucket.Rule.maximumUnits / rule.window)
      return Charge(key: limit.key, rule: .bucket(rule), cost: cost)
    case .slots(let rule):
      return Charge(key: limit.key, rule: .slots(rule), cost: 1)
    case .budget(let capacity, let window, let zone):
      let window = self.window(limit.key, capacity, window, zone, now)
      return Charge(
        key: window.key, rule: .budget(window.budget), cost: min(max(0, amount), Bucket.Rule.maximumUnits))
    }
  }

  private mutating func window(
    _ key: String, _ capacity: Int64, _ calendar: CalendarWindow, _ zone: Zone, _ now: Int64
  ) -> Window {
    if let known = windows[key], known.budget.contains(now), known.budget.capacity == capacity,
      known.calendar == calendar, known.zone == zone
    {
      return known
    }
    if windows.count >= Self.most { windows.removeAll() }
    let (starts, ends) = calendar.containing(now, in: zone)
    let window = Window(
      budget: Budget(capacity: capacity, starts: starts, ends: ends), key: "\(key):\(Self.text(starts))",
      calendar: calendar, zone: zone)
    windows[key] = window
    return window
  }

  /// `2026-11-21T23:00Z`, as people read it in a key.
  static func text(_ milliseconds: Int64) -> String {
    let minutes = CivilDate.floored(milliseconds, 60_000)
    let days = CivilDate.floored(minutes, 1_440)
    let (date, minute) = (CivilDate(days: days), minutes - days * 1_440)
    return "\(date.text)T\(CivilDate.digits(minute / 60, 2)):\(CivilDate.digits(minute % 60, 2))Z"
  }
}
