/// RFC 3339 in UTC with milliseconds, `2026-01-31T09:08:07.123Z`; the part down to the second is kept for
/// the next stamp of the same second.
struct Timestamp {
  static let length = 24

  private var second = Int64.min
  private var text = InlineArray<24, UInt8>(repeating: UInt8(ascii: "0"))

  /// Writes milliseconds since 1970 (years 0 to 9999) without quotes.
  mutating func write(_ milliseconds: Int64, to writer: inout JSONWriter) {
    let (second, fraction) = Self.floorDivide(milliseconds, 1_000)
    if second != self.second { format(second) }
    digits(fraction, 3, at: 20)
    text.span.withUnsafeBufferPointer { bytes in
      if let base = bytes.baseAddress { writer.put(base, Self.length) }
    }
  }

  private mutating func format(_ second: Int64) {
    self.second = second
    let (day, inDay) = Self.floorDivide(second, 86_400)
    let date = Self.civil(day)
    digits(date.year, 4, at: 0)
    digits(date.month, 2, at: 5)
    digits(date.day, 2, at: 8)
    digits(inDay / 3_600, 2, at: 11)
    digits(inDay / 60 % 60, 2, at: 14)
    digits(inDay % 60, 2, at: 17)
    (text[4], text[7], text[10]) = (UInt8(ascii: "-"), UInt8(ascii: "-"), UInt8(ascii: "T"))
    (text[13], text[16], text[19]) = (UInt8(ascii: ":"), UInt8(ascii: ":"), UInt8(ascii: "."))
    text[23] = UInt8(ascii: "Z")
  }

  private mutating func digits(_ value: Int64, _ width: Int, at place: Int) {
    var rest = value
    for offset in (0..<width).reversed() {
      text[place + offset] = UInt8(truncatingIfNeeded: rest % 10) &+ UInt8(ascii: "0")
      rest /= 10
    }
  }

  /// The date of a day counted from 1970-01-01, in the proleptic Gregorian calendar.
  ///
  /// Hinnant, "chrono-Compatible Low-Level Date Algorithms", `civil_from_days`: years start in March, so
  /// that the leap day is the last; eras are the 400 years after which the calendar repeats.
  private static func civil(_ day: Int64) -> (year: Int64, month: Int64, day: Int64) {
    let (era, dayOfEra) = floorDivide(day + 719_468, 146_097)
    let yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let march = (5 * dayOfYear + 2) / 153
    let month = march < 10 ? march + 3 : march - 9
    return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, dayOfYear - (153 * march + 2) / 5 + 1)
  }

  private static func floorDivide(_ value: Int64, _ divisor: Int64) -> (quotient: Int64, remainder: Int64) {
    let (quotient, remainder) = value.quotientAndRemainder(dividingBy: divisor)
    return remainder < 0 ? (quotient - 1, remainder + divisor) : (quotient, remainder)
  }
}
