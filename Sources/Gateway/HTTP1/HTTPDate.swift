/// A moment as the `date` header line of a response (IMF-fixdate, RFC 9110 §5.6.7). Made once a second and kept.
package struct HTTPDate: Sendable {
  /// `date: Sun, 06 Nov 1994 08:49:37 GMT` and CRLF.
  let line: [UInt8]

  private static let days = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"]
  private static let months = [
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
  ]
  private static let lastSecond = 253_402_300_799

  /// - Parameter unixSeconds: seconds since 1970 UTC; what lies outside of the years 1970–9999 is moved to their
  ///   nearer end.
  package init(unixSeconds: Int) {
    let seconds = min(max(unixSeconds, 0), Self.lastSecond)
    let (day, time) = seconds.quotientAndRemainder(dividingBy: 86_400)
    let (year, month, dayOfMonth) = Self.civil(day)
    let clock = [time / 3600, time / 60 % 60, time % 60].map(Self.twoDigits).joined(separator: ":")
    let date = "\(Self.twoDigits(dayOfMonth)) \(Self.months[month - 1]) \(year)"
    line = Array("date: \(Self.days[day % 7]), \(date) \(clock) GMT\r\n".utf8)
  }

  /// The date without the header's name.
  package var text: String { String(decoding: line.dropFirst(6).dropLast(2), as: UTF8.self) }

  private static func twoDigits(_ number: Int) -> String {
    number < 10 ? "0\(number)" : "\(number)"
  }

  /// The date of a day counted from 1970-01-01 in the Gregorian calendar. Years begin in March here, so that the
  /// leap day is the last, and repeat after 400 years of 146,097 days.
  private static func civil(_ day: Int) -> (year: Int, month: Int, day: Int) {
    let shifted = day + 719_468
    let (era, dayOfEra) = shifted.quotientAndRemainder(dividingBy: 146_097)
    let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let fromMarch = (5 * dayOfYear + 2) / 153
    let month = fromMarch < 10 ? fromMarch + 3 : fromMarch - 9
    let year = era * 400 + yearOfEra + (month <= 2 ? 1 : 0)
    return (year, month, dayOfYear - (153 * fromMarch + 2) / 5 + 1)
  }
}
