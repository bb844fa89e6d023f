import Foundation
import Policy
import Testing

/// Zones of the machine that runs the tests, as Policy and as Foundation know them.
enum ZoneFixture {
  /// With changes of half an hour, at midnight, abolished, of another hemisphere, or none at all.
  static let names = [
    "UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe", "America/Sao_Paulo",
    "Asia/Tehran",
  ]
  /// 2000 and 2101, in seconds.
  static let years: Range<Int64> = 946_684_800..<4_133_980_800

  static func bytes(_ name: String) throws -> [UInt8] {
    [UInt8](try Data(contentsOf: URL(filePath: "/usr/share/zoneinfo/\(name)")))
  }

  static func zone(_ name: String) throws -> Zone {
    try #require(Zone(name: name, tzif: try bytes(name)), "\(name)")
  }

  /// With weeks from Monday.
  static func calendar(_ name: String) throws -> Calendar {
    var calendar = Calendar(identifier: .gregorian)
    calendar.timeZone = try #require(TimeZone(identifier: name))
    calendar.firstWeekday = 2
    calendar.minimumDaysInFirstWeek = 4
    return calendar
  }

  /// Instants all over the years, and around each change of the clock that Foundation knows of: the second before and after, and
  /// hours around.
  static func instants(_ name: String, count: Int) throws -> [Int64] {
    var random = Splitmix(state: name.utf8.reduce(7) { $0 &* 31 &+ UInt64($1) })
    var instants = (0..<count).map { _ in Int64.random(in: years, using: &random) }
    let zone = try #require(TimeZone(identifier: name))
    var date = Date(timeIntervalSince1970: Double(years.lowerBound))
    while let next = zone.nextDaylightSavingTimeTransition(after: date), next > date {
      let change = Int64(next.timeIntervalSince1970)
      guard years.contains(change) else { break }
      let around: [Int64] = [-86_400, -3600, -1801, -1, 0, 1, 1799, 3599, 3600, 7200, 90_000]
      instants += around.map { change + $0 }
      date = next
    }
    return instants
  }
}

/// Steele, Lea and Flood's generator: the same numbers from the same seed.
struct Splitmix: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var bits = state
    bits = (bits ^ (bits >> 30)) &* 0xBF58_476D_1CE4_E5B9
    bits = (bits ^ (bits >> 27)) &* 0x94D0_49BB_1331_11EB
    return bits ^ (bits >> 31)
  }
}
