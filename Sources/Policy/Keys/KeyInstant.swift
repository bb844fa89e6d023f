/// A whole second, as records write it: `2026-11-21T20:18:42Z`. Redis' clock tells it.
package struct KeyInstant: Hashable, Comparable, Sendable, CustomStringConvertible {
  /// Since 1970, up to the year 9999.
  package let seconds: Int64

  package static let latest: Int64 = 253_402_300_799

  /// The nearest that can be written.
  package init(seconds: Int64) { self.seconds = max(0, min(Self.latest, seconds)) }

  /// The second that these milliseconds are in.
  package init(milliseconds: Int64) { self.init(seconds: max(0, milliseconds) / 1_000) }

  package var milliseconds: Int64 { seconds * 1_000 }

  /// Nil unless it is written as `description` writes it, and on the calendar.
  package init?(_ text: String) {
    let bytes = Array(text.utf8)
    guard bytes.count == 20 else { return nil }
    func number(_ range: Range<Int>) -> Int64? { Int64(String(decoding: bytes[range], as: UTF8.self)) }
    guard let year = number(0..<4), let month = number(5..<7), let day = number(8..<10),
      let hour = number(11..<13), let minute = number(14..<16), let second = number(17..<19)
    else { return nil }
    let days = CivilDate(year: year, month: month, day: day).days
    self.init(seconds: days * 86_400 + hour * 3_600 + minute * 60 + second)
    guard description == text else { return nil }
  }

  package static func < (a: KeyInstant, b: KeyInstant) -> Bool { a.seconds < b.seconds }

  package var description: String {
    let date = CivilDate(days: seconds / 86_400)
    let time = seconds % 86_400
    let day = "\(Self.padded(date.year, 4))-\(Self.padded(date.month, 2))-\(Self.padded(date.day, 2))"
    let clock = [time / 3_600, time / 60 % 60, time % 60].map { Self.padded($0, 2) }
    return "\(day)T\(clock.joined(separator: ":"))Z"
  }

  private static func padded(_ number: Int64, _ width: Int) -> String {
    let digits = String(number)
    return String(repeating: "0", count: max(0, width - digits.count)) + digits
  }
}
