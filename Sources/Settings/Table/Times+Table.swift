internal import Policy

extension Form where Value == RuleTime {
  /// `[DAYS] HH:MM-HH:MM [ZONE]`: days as `mon-fri` or `sat,sun`, UTC where no zone is named.
  static var time: Form {
    Form(
      schema: ["type": "string", "examples": ["mon-fri 08:00-18:00 Europe/Berlin", "22:00-06:00"]],
      read: { tree, reader in
        guard let text = reader.text(tree, wanted: "a time of day") else { return nil }
        do throws(Refusal) {
          return try TimeText(text.value).time(&reader)
        } catch {
          reader.fail("'\(text.written)' \(error.message)", at: tree.mark)
          return nil
        }
      },
      write: { .scalar(References.escaped($0.text)) })
  }
}

/// The words of a time of day.
private struct TimeText {
  private let text: String
  private var days: UInt8 = 0x7F
  private var start: Int64
  private var end: Int64
  private var zone: String?

  private static let refusal = Refusal(
    "is not a time of day: write days, hours and a zone, such as mon-fri 08:00-18:00 Europe/Berlin; only the hours"
      + " are needed")

  init(_ text: String) throws(Refusal) {
    self.text = text
    var words = text.split(separator: " ")
    if let first = words.first, first.utf8.first.map(Ascii.isDigit) == false {
      days = try Self.days(first)
      words.removeFirst()
    }
    guard (1...2).contains(words.count) else { throw Self.refusal }
    let hours = words[0].split(separator: "-", omittingEmptySubsequences: false)
    guard hours.count == 2, let start = Self.minutes(hours[0]), let end = Self.minutes(hours[1]) else {
      throw Self.refusal
    }
    (self.start, self.end) = (start % 1_440, end % 1_440)
    zone = words.count == 2 ? String(words[1]) : nil
  }

  func time(_ reader: inout Reader) throws(Refusal) -> RuleTime {
    var place = Zone.utc
    if let zone { place = try reader.zone(named: zone) }
    return RuleTime(days: days, start: start, end: end, zone: place, text: text)
  }

  private static func days(_ text: Substring) throws(Refusal) -> UInt8 {
    var days: UInt8 = 0
    for span in text.lowercased().split(separator: ",", omittingEmptySubsequences: false) {
      let ends = span.split(separator: "-", omittingEmptySubsequences: false).map { name in
        RuleTime.days.firstIndex { $0 == name }
      }
      guard (1...2).contains(ends.count), let first = ends[0], let last = ends[ends.count - 1] else {
        throw refusal
      }
      var day = first
      days |= 1 << UInt8(day)
      while day != last {
        day = (day + 1) % 7
        days |= 1 << UInt8(day)
      }
    }
    return days
  }

  /// Minutes since midnight; 24:00 is the day's end.
  private static func minutes(_ text: Substring) -> Int64? {
    let parts = text.split(separator: ":", omittingEmptySubsequences: false)
    guard parts.count == 2, parts.allSatisfy({ $0.utf8.count == 2 && $0.utf8.allSatisfy(Ascii.isDigit) }),
      let hour = Int64(parts[0]), let minute = Int64(parts[1]), minute < 60, hour * 60 + minute <= 1_440
    else { return nil }
    return hour * 60 + minute
  }
}
