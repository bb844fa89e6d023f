/// A moment as HTTP fields have it (RFC 9110 §5.6.7): `Sun, 06 Nov 1994 08:49:37 GMT`. Read in its two obsolete shapes too.
package struct HTTPDate: Sendable {
  /// `date: Sun, 06 Nov 1994 08:49:37 GMT` and CRLF: a response's header line. Made once a second and kept.
  package let line: [UInt8]

  private static let days = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]
  private static let months = [
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
  ]
  private static let lastSecond = 253_402_300_799

  /// - Parameter unixSeconds: seconds since 1970 UTC; what lies outside of the years 1970–9999 is moved to their
  ///   nearer end.
  package init(unixSeconds: Int) {
    let seconds = min(max(unixSeconds, 0), Self.lastSecond)
    let (day, time) = seconds.quotientAndRemainder(dividingBy: 86_400)
    let date = CivilDate(days: Int64(day))
    let clock = [time / 3600, time / 60 % 60, time % 60].map(Self.twoDigits).joined(separator: ":")
    let weekday = Self.days[Int(CivilDate.daysSinceMonday(Int64(day)))]
    let month = Self.months[Int(date.month) - 1]
    line = Array(
      "date: \(weekday), \(Self.twoDigits(Int(date.day))) \(month) \(date.year) \(clock) GMT\r\n".utf8)
  }

  /// The date without the header's name.
  package var text: String { String(decoding: line.dropFirst(6).dropLast(2), as: UTF8.self) }

  private static func twoDigits(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }

  /// Milliseconds since 1970; nil where it is no date.
  package static func milliseconds(_ text: String) -> Int64? {
    let words = text.split { $0 == " " || $0 == "-" }
    switch words.count {
    // `Sun, 06 Nov 1994 08:49:37 GMT`, and `Sunday, 06-Nov-94 08:49:37 GMT`.
    case 6 where words[5] == "GMT": return instant(words[3], words[2], words[1], words[4])
    // `Sun Nov  6 08:49:37 1994`.
    case 5: return instant(words[4], words[1], words[2], words[3])
    default: return nil
    }
  }

  private static func instant(
    _ year: Substring, _ month: Substring, _ day: Substring, _ time: Substring
  ) -> Int64? {
    let clock = time.split(separator: ":", omittingEmptySubsequences: false)
    guard let month = months.firstIndex(of: String(month)), let year = self.year(year),
      let day = number(day, 1...31),
      clock.count == 3, let hour = number(clock[0], 0...23), let minute = number(clock[1], 0...59),
      let second = number(clock[2], 0...60)  // a leap second
    else { return nil }
    let days = CivilDate(year: year, month: Int64(month + 1), day: day).days
    return (days * 86_400 + hour * 3_600 + minute * 60 + second) * 1_000
  }

  /// Two digits are of the years from 1970 to 2069.
  private static func year(_ text: Substring) -> Int64? {
    if text.utf8.count == 2 { return number(text, 0...99).map { $0 < 70 ? 2_000 + $0 : 1_900 + $0 } }
    return text.utf8.count == 4 ? number(text, 1_600...9_999) : nil
  }

  private static func number(_ text: Substring, _ range: ClosedRange<Int64>) -> Int64? {
    guard text.utf8.allSatisfy({ UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 }), let number = Int64(text),
      range ~= number
    else { return nil }
    return number
  }
}
