import Foundation
import Policy
import Testing

/// Windows of the calendar in a zone.
struct CalendarWindowTests {
  @Test(arguments: ZoneFixture.names)
  func windowsAreThoseOfFoundation(name: String) throws {
    let zone = try ZoneFixture.zone(name)
    let calendar = try ZoneFixture.calendar(name)
    let units: [(CalendarWindow, Calendar.Component)] = [
      (.hour, .hour), (.day, .day), (.week, .weekOfYear), (.month, .month),
    ]
    for instant in try ZoneFixture.instants(name, count: 200) {
      let date = Date(timeIntervalSince1970: Double(instant))
      for (window, unit) in units where window != .hour || name != "Australia/Lord_Howe" {
        let expected = try #require(calendar.dateInterval(of: unit, for: date))
        let (starts, ends) = window.containing(instant * 1000 + 999, in: zone)
        #expect(starts == Int64(expected.start.timeIntervalSince1970) * 1000, "\(window) at \(instant)")
        #expect(ends == Int64(expected.end.timeIntervalSince1970) * 1000, "\(window) at \(instant)")
      }
    }
  }

  /// Of every kind of oddity: half hours, midnights skipped and repeated, a date line crossed, Ramadan, a minute past midnight.
  @Test(
    arguments: ZoneFixture.names + [
      "America/St_Johns", "Pacific/Apia", "Africa/Casablanca", "Asia/Gaza", "America/Havana", "Europe/Dublin",
      "Pacific/Kwajalein", "Africa/Cairo", "Asia/Kathmandu", "America/Anchorage", "Antarctica/Troll",
    ])
  func windowsFollowEachOtherWithoutGapOrOverlap(name: String) throws {
    let zone = try ZoneFixture.zone(name)
    var random = Splitmix(state: 3)
    for window in CalendarWindow.allCases {
      for instant in try ZoneFixture.instants(name, count: 100) where instant % 15 == 0 {
        let old = Int64.random(in: -3_000_000_000..<instant, using: &random)
        for instant in [instant * 1000, old * 1000 + 1] {
          let (starts, ends) = window.containing(instant, in: zone)
          #expect(starts <= instant && instant < ends, "\(window) at \(instant)")
          #expect(window.containing(starts, in: zone) == (starts, ends), "\(window) at \(instant)")
          #expect(window.containing(ends - 1, in: zone) == (starts, ends), "\(window) at \(instant)")
          #expect(window.containing(ends, in: zone).starts == ends, "\(window) at \(instant)")
        }
      }
    }
  }

  @Test(
    arguments: [
      (CalendarWindow.day, "Europe/Berlin", "2025-03-30T12:00:00Z", "2025-03-29T23:00:00Z", 23),
      (.day, "Europe/Berlin", "2025-10-26T12:00:00Z", "2025-10-25T22:00:00Z", 25),
      (.day, "Australia/Lord_Howe", "2025-04-05T20:00:00Z", "2025-04-05T13:00:00Z", 24.5),
      // No midnight on 4 November 2018 in São Paulo, nor on 22 March 2021 in Tehran.
      (.day, "America/Sao_Paulo", "2018-11-04T12:00:00Z", "2018-11-04T03:00:00Z", 23),
      (.day, "America/Sao_Paulo", "2018-11-04T02:59:59Z", "2018-11-03T03:00:00Z", 24),
      (.day, "Asia/Tehran", "2021-03-22T12:00:00Z", "2021-03-21T20:30:00Z", 23),
      // 17 February 2018 had its last hour twice in São Paulo.
      (.day, "America/Sao_Paulo", "2018-02-18T02:30:00Z", "2018-02-17T02:00:00Z", 25),
      // 28 October 2001 began, and a minute later the day before was back for an hour: its midnight is the first.
      (.day, "America/St_Johns", "2001-10-28T02:45:00Z", "2001-10-28T02:30:00Z", 25),
      (.day, "America/St_Johns", "2001-10-28T02:29:59Z", "2001-10-27T02:30:00Z", 24),
      // Samoa had no 30 December 2011.
      (.day, "Pacific/Apia", "2011-12-30T09:59:59Z", "2011-12-29T10:00:00Z", 24),
      (.day, "Pacific/Apia", "2011-12-30T10:00:00Z", "2011-12-30T10:00:00Z", 24),
      // The hour that repeats, each time for itself.
      (.hour, "Europe/Berlin", "2025-10-26T00:30:00Z", "2025-10-26T00:00:00Z", 1),
      (.hour, "Europe/Berlin", "2025-10-26T01:30:00Z", "2025-10-26T01:00:00Z", 1),
      (.hour, "Asia/Kolkata", "2025-10-26T01:29:59Z", "2025-10-26T00:30:00Z", 1),
      (.hour, "Australia/Lord_Howe", "2025-10-04T15:45:00Z", "2025-10-04T15:30:00Z", 0.5),
      (.week, "Europe/Berlin", "2025-01-01T00:00:00Z", "2024-12-29T23:00:00Z", 168),
      (.week, "Europe/Berlin", "2025-03-30T12:00:00Z", "2025-03-23T23:00:00Z", 167),
      (.week, "UTC", "2000-02-29T00:00:00Z", "2000-02-28T00:00:00Z", 168),
      (.month, "UTC", "2000-02-29T00:00:00Z", "2000-02-01T00:00:00Z", 696),
      (.month, "UTC", "2100-02-28T23:59:59Z", "2100-02-01T00:00:00Z", 672),
      (.month, "America/New_York", "2025-11-30T12:00:00Z", "2025-11-01T04:00:00Z", 721),
      (.month, "UTC", "1969-12-31T23:59:59Z", "1969-12-01T00:00:00Z", 744),
    ] as [(CalendarWindow, String, String, String, Double)])
  func oddDaysHaveTheirHours(
    window: CalendarWindow, name: String, time: String, starts: String, hours: Double
  ) throws {
    let instant = try Self.milliseconds(time)
    let found = window.containing(instant, in: try ZoneFixture.zone(name))
    #expect(found.starts == (try Self.milliseconds(starts)))
    #expect(found.ends - found.starts == Int64(hours * 3_600_000))
  }

  @Test func instantsBeyondAllReasonDoNotTrap() {
    for window in CalendarWindow.allCases {
      for instant: Int64 in [.min, .max] {
        let (starts, ends) = window.containing(instant, in: .utc)
        #expect(starts < ends)
      }
    }
  }

  private static func milliseconds(_ time: String) throws -> Int64 {
    Int64(try Date(time, strategy: .iso8601).timeIntervalSince1970) * 1000
  }
}
