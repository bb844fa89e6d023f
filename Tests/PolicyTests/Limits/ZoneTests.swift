import Foundation
import Policy
import Testing

/// How far clocks are from UTC.
struct ZoneTests {
  @Test(arguments: ZoneFixture.names)
  func offsetsAreThoseOfFoundation(name: String) throws {
    let zone = try ZoneFixture.zone(name)
    let other = try #require(TimeZone(identifier: name))
    for instant in try ZoneFixture.instants(name, count: 2000) {
      let expected = other.secondsFromGMT(for: Date(timeIntervalSince1970: Double(instant)))
      #expect(zone.offset(at: instant) == Int64(expected), "\(name) at \(instant)")
    }
  }

  @Test func clocksGoForwardAndBackToTheSecond() throws {
    let berlin = try ZoneFixture.zone("Europe/Berlin")
    // 30 March 2025, 01:00 UTC, and 26 October 2025, 01:00 UTC.
    #expect(berlin.offset(at: 1_743_296_399) == 3600)
    #expect(berlin.offset(at: 1_743_296_400) == 7200)
    #expect(berlin.offset(at: 1_761_440_399) == 7200)
    #expect(berlin.offset(at: 1_761_440_400) == 3600)
  }

  @Test func theRuleHoldsBehindTheLastChangeOfTheTable() throws {
    let berlin = try ZoneFixture.zone("Europe/Berlin")
    // 28 March 2100, 01:00 UTC; the tables of zones end long before.
    #expect(berlin.offset(at: 4_109_878_799) == 3600)
    #expect(berlin.offset(at: 4_109_878_800) == 7200)
  }

  @Test func utcNeedsNoFile() {
    #expect(Zone.utc.name == "UTC")
    for instant: Int64 in [.min, -1, 0, 1 << 40, .max] { #expect(Zone.utc.offset(at: instant) == 0) }
  }

  @Test func zonesAreEqualByNameAndTable() throws {
    let berlin = try ZoneFixture.zone("Europe/Berlin")
    #expect(try ZoneFixture.zone("Europe/Berlin") == berlin)
    #expect(try ZoneFixture.zone("Europe/Berlin").hashValue == berlin.hashValue)
    #expect(try ZoneFixture.zone("Asia/Tehran") != berlin)
    #expect(Zone(name: "Europe/Berlin", tzif: try ZoneFixture.bytes("Asia/Tehran")) != berlin)
  }
}

/// Rules behind the table, each in a file of nothing but a first offset and a footer.
struct ZoneRuleTests {
  @Test(arguments: [
    // Southern summer, over New Year.
    ("AEST-10AEDT,M10.1.0,M4.1.0/3", "2025-01-01T00:00:00Z", 39_600),
    ("AEST-10AEDT,M10.1.0,M4.1.0/3", "2025-04-05T15:59:59Z", 39_600),
    ("AEST-10AEDT,M10.1.0,M4.1.0/3", "2025-04-05T16:00:00Z", 36_000),
    ("AEST-10AEDT,M10.1.0,M4.1.0/3", "2025-12-31T23:59:59Z", 39_600),
    // Ireland's winter time is an hour behind its standard time.
    ("IST-1GMT0,M10.5.0,M3.5.0/1", "2025-01-15T12:00:00Z", 0),
    ("IST-1GMT0,M10.5.0,M3.5.0/1", "2025-07-15T12:00:00Z", 3600),
    // Names in brackets, minutes, times below zero and beyond a day.
    ("<-02>2<-01>,M3.5.0/-1,M10.5.0/0", "2025-03-30T00:59:59Z", -7200),
    ("<-02>2<-01>,M3.5.0/-1,M10.5.0/0", "2025-03-30T01:00:00Z", -3600),
    ("<+0545>-5:45", "2025-03-30T01:00:00Z", 20_700),
    ("IST-2IDT,M3.4.4/26,M10.5.0", "2025-03-27T23:59:59Z", 7200),
    ("IST-2IDT,M3.4.4/26,M10.5.0", "2025-03-28T00:00:00Z", 10_800),
    // Summer all year long, and days without weeks.
    ("EST5EDT,0/0,J365/25", "2024-01-01T04:59:59Z", -14_400),
    ("EST5EDT,0/0,J365/25", "2025-01-01T05:00:00Z", -14_400),
    ("EST5EDT,0/0,J365/25", "2024-12-31T23:00:00Z", -14_400),
    ("AAA0BBB,J60/0,J61/0", "2024-02-29T12:00:00Z", 0), ("AAA0BBB,J60/0,J61/0", "2024-03-01T12:00:00Z", 3600),
    ("AAA0BBB,59/0,60/0", "2024-02-29T12:00:00Z", 3600), ("AAA0BBB,59/0,60/0", "2025-03-01T12:00:00Z", 3600),
  ])
  func rulesSayWhenClocksChange(rule: String, time: String, offset: Int64) throws {
    let zone = try #require(Zone(name: "x", tzif: TZif(offsets: [0], footer: rule).bytes))
    let date = try Date(time, strategy: .iso8601)
    #expect(zone.offset(at: Int64(date.timeIntervalSince1970)) == offset)
  }

  @Test(arguments: [
    "5", "EST", "EST5EDT", "EST5EDT,M3.2.0", "EST25", "EST5EDT,M13.2.0,M11.1.0", "EST5EDT,M3.0.0,M11.1.0",
    "EST5EDT,M3.6.0,M11.1.0", "EST5EDT,M3.2.7,M11.1.0", "EST5EDT,J0,J365", "EST5EDT,366,1",
    "EST5EDT,M3.2.0/168,M11.1.0", "EST5EDT,M3.2.0,M11.1.0,", "<+05-5", "EST5:60", "EST-", "EST5 ",
  ])
  func whatIsNoRuleIsRefused(rule: String) {
    #expect(Zone(name: "x", tzif: TZif(offsets: [0], footer: rule).bytes) == nil)
  }
}

/// Files of time zones, good and bad.
struct ZoneFileTests {
  @Test func filesOfTheFirstVersionAreRead() throws {
    let old = TZif(version: 0, changes: [(100, 1), (200, 0)], offsets: [3600, 7200], footer: nil)
    let zone = try #require(Zone(name: "x", tzif: old.bytes))
    #expect([99, 100, 199, 200].map { zone.offset(at: $0) } == [3600, 7200, 7200, 3600])
  }

  @Test func beforeTheFirstChangeTheFirstOffsetHolds() throws {
    let file = TZif(changes: [(100, 1)], offsets: [-1234, 7200], footer: "")
    let zone = try #require(Zone(name: "x", tzif: file.bytes))
    #expect([Int64.min, 99, 100, .max].map { zone.offset(at: $0) } == [-1234, -1234, 7200, 7200])
  }

  @Test func filesThatContradictThemselvesAreRefused() {
    let bad = [
      TZif(offsets: [], footer: ""), TZif(changes: [(1, 1)], offsets: [0], footer: ""),
      TZif(changes: [(2, 0), (2, 0)], offsets: [0], footer: ""),
      TZif(changes: [(2, 0), (1, 0)], offsets: [0], footer: ""), TZif(offsets: [93_601], footer: ""),
      TZif(offsets: [0], footer: nil), TZif(version: 1, offsets: [0], footer: ""),
    ]
    for file in bad { #expect(Zone(name: "x", tzif: file.bytes) == nil, "\(file)") }
    #expect(Zone(name: "x", tzif: []) == nil)
    #expect(Zone(name: "x", tzif: TZif(offsets: [0], footer: "", leaps: 1).bytes) == nil)
  }

  @Test(arguments: ["Europe/Berlin", "America/Sao_Paulo"])
  func noPartOfAFileIsAFile(name: String) throws {
    let bytes = try ZoneFixture.bytes(name)
    for count in bytes.indices { #expect(Zone(name: name, tzif: Array(bytes[..<count])) == nil) }
  }

  @Test(arguments: ZoneFixture.names)
  func damagedFilesNeverTrap(name: String) throws {
    let bytes = try ZoneFixture.bytes(name)
    var random = Splitmix(state: 11)
    var refused = 0
    for _ in 0..<500 {
      var damaged = bytes
      for _ in 0..<Int.random(in: 1...4, using: &random) {
        let index = Int.random(in: 0..<damaged.count, using: &random)
        switch Int.random(in: 0...3, using: &random) {
        case 0: damaged[index] = UInt8.random(in: 0...255, using: &random)
        case 1: damaged[index] ^= 1 << UInt8.random(in: 0...7, using: &random)
        case 2: damaged.remove(at: index)
        default: damaged.insert(UInt8.random(in: 0...255, using: &random), at: index)
        }
      }
      guard let zone = Zone(name: name, tzif: damaged) else {
        refused += 1
        continue
      }
      for instant: Int64 in [.min, -1 << 40, 0, 1_700_000_000, 1 << 40, .max] {
        #expect(abs(zone.offset(at: instant)) <= 93_600)
        for window in CalendarWindow.allCases {
          let (starts, ends) = window.containing(instant, in: zone)
          #expect(starts < ends)
        }
      }
    }
    #expect(refused > 0)
  }
}

/// A file of a time zone, to be written.
private struct TZif {
  /// As in the file: 0, or the ASCII of a digit.
  var version = UInt8(ascii: "2")
  /// Instants with the index of the offset that holds from then on.
  var changes: [(Int64, UInt8)] = []
  var offsets: [Int32]
  /// Without its line feeds; nil where there are none either.
  var footer: String?
  var leaps: UInt32 = 0

  var bytes: [UInt8] {
    if version == 0 { return block(timeSize: 4) }
    let old = TZif(version: version, offsets: [0], footer: nil).block(timeSize: 4)
    return old + block(timeSize: 8) + Array((footer.map { "\n\($0)\n" } ?? "").utf8)
  }

  private func block(timeSize: Int) -> [UInt8] {
    var bytes = Array("TZif".utf8) + [version] + [UInt8](repeating: 0, count: 15)
    for count in [0, 0, leaps, UInt32(changes.count), UInt32(offsets.count), 1] { bytes += big(count) }
    for (at, _) in changes { bytes += timeSize == 4 ? big(Int32(at)) : big(at) }
    bytes += changes.map(\.1)
    for offset in offsets { bytes += big(offset) + [0, 0] }
    return bytes + [0] + [UInt8](repeating: 0, count: Int(leaps) * (timeSize + 4))
  }

  private func big(_ value: some FixedWidthInteger) -> [UInt8] {
    withUnsafeBytes(of: value.bigEndian) { Array($0) }
  }
}
