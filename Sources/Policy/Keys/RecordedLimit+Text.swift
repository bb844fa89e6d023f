/// `AMOUNT MEASURE [per WINDOW [ZONE]] [by SCOPE] [outage WORD] [steer PERCENT]`
extension RecordedLimit: CustomStringConvertible {
  package var description: String {
    var words = [Self.written(amount, measure), measure.rawValue]
    if let window { words += ["per", window.rawValue] }
    if let zone { words.append(zone) }
    if by != .key { words += ["by", by.rawValue] }
    if outage != .share { words += ["outage", outage.rawValue] }
    if let steer { words += ["steer", "\(steer)%"] }
    return words.joined(separator: " ")
  }

  /// Reads what `description` writes, and `k` and `M` behind amounts.
  package init(text: String) throws(KeyRecordError) {
    var words = text.split(separator: " ").map(String.init)[...]
    func fail(_ reason: String) -> KeyRecordError { KeyRecordError("limits", "'\(text)' \(reason)") }
    guard text.utf8.count <= 200 else { throw KeyRecordError("limits", "has one that is too long") }
    guard let number = words.popFirst(), let word = words.popFirst(), let measure = Measure(rawValue: word)
    else { throw fail("does not begin with an amount and one of \(Self.list(Measure.self))") }
    guard let amount = Self.amount(number, measure) else {
      throw fail("does not begin with a number, such as 600, 200k or, of dollars, 12.50")
    }
    var (window, zone) = (Window?.none, String?.none)
    if let word = Self.take(after: "per", &words) {
      guard let known = Window(rawValue: word) else {
        throw fail("is not per one of \(Self.list(Window.self))")
      }
      window = known
      if let next = words.first, !["by", "outage", "steer"].contains(next) { zone = words.popFirst() }
    }
    let (scope, policy) = (Self.take(after: "by", &words), Self.take(after: "outage", &words))
    let share = Self.take(after: "steer", &words)
    guard let by = scope.map(Scope.init(rawValue:)) ?? .key else {
      throw fail("is not by one of \(Self.list(Scope.self))")
    }
    guard let outage = policy.map(Outage.init(rawValue:)) ?? .share else {
      throw fail("has no outage of \(Self.list(Outage.self))")
    }
    let steer = share.flatMap(Self.percent)
    guard share == nil || steer != nil else { throw fail("does not steer from a percentage, such as 80%") }
    guard words.isEmpty else {
      throw fail("ends with '\(words.joined(separator: " "))', which means nothing")
    }
    try self.init(amount, measure, per: window, zone: zone, by: by, outage: outage, steer: steer)
  }

  /// The word behind `word`, if that is next; empty where nothing is behind it.
  private static func take(after word: String, _ words: inout ArraySlice<String>) -> String? {
    guard words.first == word else { return nil }
    words.removeFirst()
    return words.popFirst() ?? ""
  }

  private static func list<Words: CaseIterable & RawRepresentable<String>>(_: Words.Type) -> String {
    Words.allCases.map(\.rawValue).joined(separator: ", ")
  }

  // MARK: Amounts

  private static let million: Int64 = 1_000_000

  private static func written(_ amount: Int64, _ measure: Measure) -> String {
    guard measure == .dollars, amount % million != 0 else {
      return "\(measure == .dollars ? amount / million : amount)"
    }
    let digits = String(amount % million)
    var decimals = String(repeating: "0", count: 6 - digits.count) + digits
    while decimals.hasSuffix("0") { decimals.removeLast() }
    return "\(amount / million).\(decimals)"
  }

  /// Nil for what is no amount, or too large for any limit.
  private static func amount(_ text: String, _ measure: Measure) -> Int64? {
    switch (measure, text.last) {
    case (.dollars, _): dollars(text)
    case (.concurrent, _): number(text, times: 1)
    case (_, "k"): number(text.dropLast(), times: 1_000)
    case (_, "M"): number(text.dropLast(), times: million)
    default: number(text, times: 1)
    }
  }

  private static func percent(_ text: String) -> Int? {
    let digits = text.hasSuffix("%") ? text.dropLast() : text[...]
    return digits.utf8.count < 3 ? number(digits, times: 1).map { Int($0) } : nil
  }

  private static func dollars(_ text: String) -> Int64? {
    let parts = text.split(separator: ".", omittingEmptySubsequences: false)
    guard parts.count <= 2, let whole = number(parts[0], times: million) else { return nil }
    guard parts.count == 2 else { return whole }
    let decimals = parts[1] + String(repeating: "0", count: max(0, 6 - parts[1].utf8.count))
    guard !parts[1].isEmpty, decimals.utf8.count == 6, let rest = number(decimals, times: 1) else {
      return nil
    }
    return whole + rest
  }

  private static func number(_ text: some StringProtocol, times factor: Int64) -> Int64? {
    guard (1...16).contains(text.utf8.count), text.utf8.allSatisfy(RecordRule.isDigit),
      let number = Int64(text)
    else { return nil }
    let (product, overflow) = number.multipliedReportingOverflow(by: factor)
    return overflow || product > Int64.max / 2 ? nil : product
  }
}
