/// What clocks do year after year: the `TZ` string of POSIX with the extensions of RFC 9636, such as
/// `CET-1CEST,M3.5.0,M10.5.0/3`.
struct ZoneRule: Equatable, Sendable {
  /// A day of each year.
  enum Day: Equatable, Sendable {
    /// `J60`: 1 to 365, without 29 February.
    case julian(Int64)
    /// `59`: 0 to 365, with it.
    case ordinal(Int64)
    /// `M3.5.0`: weekday (0 is Sunday) of a week of a month; week 5 is the last.
    case weekday(Int64, week: Int64, month: Int64)
  }

  /// When clocks are changed, on the clocks that held until then.
  struct Turn: Equatable, Sendable {
    var day: Day
    /// Seconds behind midnight; also below 0 and beyond a day.
    var time: Int64
  }

  struct Summer: Equatable, Sendable {
    var offset: Int64
    var begins: Turn
    var ends: Turn
  }

  /// Seconds east of UTC.
  var standard: Int64
  /// Nil where clocks are never changed.
  var summer: Summer?

  /// The stretch around an instant, a year at most to either side.
  func stretch(at instant: Int64) -> ZoneStretch {
    guard let summer else { return ZoneStretch(starts: .min, ends: .max, offset: standard) }
    var stretch = ZoneStretch(starts: .min, ends: .max, offset: standard)
    let year = CivilDate(days: CivilDate.floored(instant + standard, 86_400)).year
    for year in (year - 1)...(year + 1) {
      let begins = summer.begins.instant(in: year, offset: standard)
      let ends = summer.ends.instant(in: year, offset: summer.offset)
      // Of two at one instant the later of the year's order counts: summer all year long ends as it begins anew.
      stretch.narrow(to: begins, offset: summer.offset, around: instant)
      stretch.narrow(to: ends, offset: standard, around: instant)
    }
    return stretch
  }
}

extension ZoneStretch {
  /// Takes note of a change of offset: the nearest at or before `instant` begins the stretch, the nearest behind ends it.
  fileprivate mutating func narrow(to change: Int64, offset: Int64, around instant: Int64) {
    if change > instant { return ends = min(ends, change) }
    guard change >= starts else { return }
    starts = change
    self.offset = offset
  }
}

extension ZoneRule.Turn {
  fileprivate func instant(in year: Int64, offset: Int64) -> Int64 {
    day.days(in: year) * 86_400 + time - offset
  }
}

extension ZoneRule.Day {
  /// Days since 1970.
  fileprivate func days(in year: Int64) -> Int64 {
    let newYear = CivilDate(year: year, month: 1, day: 1)
    switch self {
    case .julian(let day): return newYear.days + day - (newYear.isInLeapYear && day >= 60 ? 0 : 1)
    case .ordinal(let day): return newYear.days + day
    case .weekday(let weekday, let week, let month):
      let first = CivilDate(year: year, month: month, day: 1)
      let sinceSunday = (CivilDate.daysSinceMonday(first.days) + 1) % 7
      let day = first.days + (weekday - sinceSunday + 7) % 7 + (week - 1) * 7
      return day < first.nextMonth.days ? day : day - 7
    }
  }
}

// MARK: Reading

extension ZoneRule {
  /// Nil for what is no such string.
  init?(posix text: ArraySlice<UInt8>) {
    var reader = RuleReader(rest: text)
    guard reader.name(), let west = reader.time(hours: 24) else { return nil }
    standard = -west
    if reader.rest.isEmpty { return }
    guard let summer = reader.summer(standard: standard), reader.rest.isEmpty else { return nil }
    self.summer = summer
  }
}

private struct RuleReader {
  var rest: ArraySlice<UInt8>

  /// `CET` or `<+03>`.
  mutating func name() -> Bool {
    if take("<") {
      guard let end = rest.firstIndex(of: UInt8(ascii: ">")) else { return false }
      rest = rest[(end + 1)...]
      return true
    }
    let letters = rest.prefix { (UInt8(ascii: "a")...UInt8(ascii: "z")).contains($0 | 0x20) }
    rest = rest.dropFirst(letters.count)
    return !letters.isEmpty
  }

  /// `CEST,M3.5.0,M10.5.0/3`
  mutating func summer(standard: Int64) -> ZoneRule.Summer? {
    guard name() else { return nil }
    var offset = standard + 3600
    if rest.first != UInt8(ascii: ",") {
      guard let west = time(hours: 24) else { return nil }
      offset = -west
    }
    guard take(","), let begins = turn(), take(","), let ends = turn() else { return nil }
    return ZoneRule.Summer(offset: offset, begins: begins, ends: ends)
  }

  private mutating func turn() -> ZoneRule.Turn? {
    guard let day = day() else { return nil }
    guard take("/") else { return ZoneRule.Turn(day: day, time: 7200) }
    return time(hours: 167).map { ZoneRule.Turn(day: day, time: $0) }
  }

  private mutating func day() -> ZoneRule.Day? {
    if take("J") { return number(1...365).map { .julian($0) } }
    guard take("M") else { return number(0...365).map { .ordinal($0) } }
    guard let month = number(1...12), take("."), let week = number(1...5), take("."),
      let weekday = number(0...6)
    else { return nil }
    return .weekday(weekday, week: week, month: month)
  }

  /// `-1`, `5:30` or `+3:00:00` in seconds.
  mutating func time(hours: Int64) -> Int64? {
    let isNegative = take("-")
    if !isNegative { _ = take("+") }
    guard let hours = number(0...hours) else { return nil }
    var seconds = hours * 3600
    for unit: Int64 in [60, 1] where take(":") {
      guard let count = number(0...59) else { return nil }
      seconds += count * unit
    }
    return isNegative ? -seconds : seconds
  }

  private mutating func number(_ range: ClosedRange<Int64>) -> Int64? {
    let digits = rest.prefix(4).prefix { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
    rest = rest.dropFirst(digits.count)
    guard !digits.isEmpty else { return nil }
    let value = digits.reduce(Int64(0)) { $0 * 10 + Int64($1 - UInt8(ascii: "0")) }
    return range.contains(value) ? value : nil
  }

  private mutating func take(_ letter: Unicode.Scalar) -> Bool {
    guard rest.first == UInt8(ascii: letter) else { return false }
    rest = rest.dropFirst()
    return true
  }
}
