/// A window of the calendar, as budgets are given for.
package enum CalendarWindow: String, Hashable, Sendable, CaseIterable {
  case hour, day
  /// From Monday, as in ISO 8601.
  case week
  case month

  /// The window around an instant, in milliseconds since 1970: its first, and the first behind it.
  ///
  /// Windows of one zone follow each other without gap or overlap. A day begins with the first instant of its date, or of a later
  /// one where the date was skipped; so a midnight that doesn't exist begins where clocks went on, and a repeated one at the first.
  /// When clocks are put back, an hour that repeats is a window of its own. Instants beyond ±2⁵⁹ are taken for the nearest within.
  package func containing(_ unixMilliseconds: Int64, in zone: Zone) -> (starts: Int64, ends: Int64) {
    let horizon: Int64 = 1 << 59
    let instant = CivilDate.floored(max(-horizon, min(horizon, unixMilliseconds)), 1000)
    let (starts, ends) = self == .hour ? zone.hour(around: instant) : dates(around: instant, in: zone)
    return (starts * 1000, ends * 1000)
  }

  private func dates(around instant: Int64, in zone: Zone) -> (Int64, Int64) {
    let today = CivilDate.floored(instant + zone.offset(at: instant), 86_400)
    var (first, next) = days(around: today)
    // A clock put back over midnight shows a date again whose day is over.
    if zone.beginning(of: next) <= instant { (first, next) = days(around: next) }
    return (zone.beginning(of: first), zone.beginning(of: next))
  }

  /// The window's first day and the first behind it, in days since 1970.
  private func days(around day: Int64) -> (Int64, Int64) {
    switch self {
    case .hour, .day: return (day, day + 1)
    case .week:
      let monday = day - CivilDate.daysSinceMonday(day)
      return (monday, monday + 7)
    case .month:
      var first = CivilDate(days: day)
      first.day = 1
      return (first.days, first.nextMonth.days)
    }
  }
}

extension Zone {
  /// The first instant, in seconds, at which clocks show this day or a later one.
  fileprivate func beginning(of day: Int64) -> Int64 {
    let midnight = day * 86_400
    // No offset is as wide as two days.
    var instant = midnight - 2 * 86_400
    while true {
      let stretch = stretch(at: instant)
      let shown = max(instant, midnight - stretch.offset)
      if shown < stretch.ends { return shown }
      instant = stretch.ends
    }
  }

  /// The hour of the clock around an instant, cut where clocks are changed within it.
  fileprivate func hour(around instant: Int64) -> (Int64, Int64) {
    let stretch = stretch(at: instant)
    let local = instant + stretch.offset
    let starts = CivilDate.floored(local, 3600) * 3600 - stretch.offset
    let ends = starts + 3600
    return (
      offset(at: starts) == stretch.offset ? starts : stretch.starts,
      offset(at: ends - 1) == stretch.offset ? ends : stretch.ends
    )
  }
}
