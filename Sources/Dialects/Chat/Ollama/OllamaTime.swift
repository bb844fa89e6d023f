internal import Policy

/// Moments as Ollama writes them (RFC 3339), to the second.
enum OllamaTime {
  /// Seconds since 1970 of `2023-08-04T08:52:19.385406455-07:00`; nil for what is no moment.
  static func seconds(_ text: String) -> Int? {
    guard let date = CivilDate(String(text.prefix(10))), text.count >= 20 else { return nil }
    let clock = text.dropFirst("2023-08-04T".count)
    let zone = clock.dropFirst("08:52:19".count).drop { $0 == "." || $0.isNumber }
    guard let time = number(clock.prefix(8), parts: 3), let offset = minutes(zone) else { return nil }
    return Int(date.days) * 86_400 + time - offset * 60
  }

  /// `2023-08-04T15:52:19Z`, at most of the year 9999.
  static func text(_ seconds: Int) -> String {
    let seconds = min(max(seconds, 0), 253_402_300_799)
    let date = CivilDate(days: Int64(seconds / 86_400))
    let numbers: [Int] = [seconds / 3_600 % 24, seconds / 60 % 60, seconds % 60]
    let clock: [String] = numbers.map { $0 < 10 ? "0\($0)" : "\($0)" }
    return "\(date.text)T\(clock.joined(separator: ":"))Z"
  }

  /// East of Greenwich.
  private static func minutes(_ zone: Substring) -> Int? {
    if zone == "Z" { return 0 }
    guard zone.hasPrefix("+") || zone.hasPrefix("-") else { return nil }
    return number(zone.dropFirst(), parts: 2).map { zone.hasPrefix("-") ? -$0 : $0 }
  }

  /// `08:52` in the smaller unit.
  private static func number(_ text: Substring, parts: Int) -> Int? {
    let numbers = text.split(separator: ":").compactMap { UInt8($0) }
    return numbers.count == parts ? numbers.reduce(0) { $0 * 60 + Int($1) } : nil
  }
}
