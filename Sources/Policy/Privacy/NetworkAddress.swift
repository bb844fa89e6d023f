/// E-mail and IP addresses.
enum NetworkAddress {
  /// Bytes of a name before the `@`, of a domain and of an address of IP version 6, at most.
  private static let longestName = 64
  private static let longestDomain = 253
  private static let longestIP = 39

  /// The address around the `@` at a place: some name, and a domain that ends in two letters or more.
  static func email(_ text: TextBytes, at: Int) -> Range<Int>? {
    guard isName(text[at - 1]), text[at - 1] != 0x2e, let end = domainEnd(text, at: at) else { return nil }
    var start = at
    while start > 0, at - start < longestName, isName(text[start - 1]) { start -= 1 }
    while text[start] == 0x2e { start += 1 }
    return start..<end
  }

  /// Letters, digits and `.%+-_`, and all beyond ASCII.
  @inline(__always)
  private static func isName(_ byte: UInt8) -> Bool {
    switch byte {
    case 0x30...0x39, 0x41...0x5a, 0x61...0x7a, 0x80...0xff, 0x2e, 0x25, 0x2b, 0x2d, 0x5f: true
    default: false
    }
  }

  /// The place behind the last label that may be the last of a domain.
  private static func domainEnd(_ text: TextBytes, at: Int) -> Int? {
    var (place, label, end) = (at + 1, at + 1, nil as Int?)
    while place - at <= longestDomain {
      let byte = text[place]
      if text.isWord(place) || byte >= 0x80 || byte == 0x2d && place > label {
        place += 1
        continue
      }
      var last = place
      while last > label, text[last - 1] == 0x2d { last -= 1 }
      if label > at + 1, isTop(text, label, last) { end = last }
      guard byte == 0x2e, last == place, place > label else { break }
      place += 1
      label = place
    }
    return end
  }

  private static func isTop(_ text: TextBytes, _ start: Int, _ end: Int) -> Bool {
    end - start > 1 && (start..<end).allSatisfy { text.isLetter($0) || text[$0] >= 0x80 || text[$0] == 0x2d }
  }

  /// Four numbers up to 255 without leading zeros.
  static func version4(_ run: DigitRun, _ text: TextBytes) -> Range<Int>? {
    let before = text[run.start - 1]
    guard run.count > 3, before != 0x2e, !text.isWord(run.start - 1), run.separator(3) != 0x2e else {
      return nil
    }
    var place = run.start
    for index in 0..<4 {
      let length = run.length(index)
      guard length < 4, length == 1 || text[place] != 0x30, index == 3 || run.separator(index) == 0x2e else {
        return nil
      }
      var value = 0
      for digit in place..<place + length { value = value * 10 + text.digit(digit) }
      guard value < 256 else { return nil }
      place += length + 1
    }
    return text.isWord(place - 1) ? nil : run.start..<place - 1
  }

  /// What stands around the colon at a place, and where that ends: nothing behind `from` and before that is another address.
  static func version6(_ text: TextBytes, at colon: Int, from: Int) -> (address: Range<Int>?, end: Int) {
    var (start, end) = (colon, colon)
    while start > from, isHex(text, start - 1) { start -= 1 }
    while end < text.count, text[end] == 0x3a || isHex(text, end) { end += 1 }
    let last = end
    if end - start > 2, text[end - 1] == 0x3a, text[end - 2] != 0x3a { end -= 1 }
    let isApart = !text.isWord(start - 1) && !text.isWord(end)
    let isAddress = isApart && 3...longestIP ~= end - start && isVersion6(text, start, end)
    return (isAddress ? start..<end : nil, last)
  }

  private static func isHex(_ text: TextBytes, _ place: Int) -> Bool {
    text.isDigit(place) || (text[place] | 0x20) &- 0x61 < 6
  }

  /// Eight groups of up to four digits, or fewer with one `::`. Some digit has to be among them: `A::B` is a name.
  private static func isVersion6(_ text: TextBytes, _ start: Int, _ end: Int) -> Bool {
    var (groups, length, gaps, hasDigit) = (0, 0, 0, false)
    for place in start..<end {
      if text[place] == 0x3a {
        if length > 0 { groups += 1 }
        let isFirst = place == start
        if length == 0, !isFirst { gaps += 1 }
        if isFirst, text[place + 1] != 0x3a { return false }
        length = 0
      } else {
        length += 1
        if length > 4 { return false }
        hasDigit = hasDigit || text.isDigit(place)
      }
    }
    if length > 0 { groups += 1 }
    return hasDigit && (gaps == 1 && groups < 8 || gaps == 0 && groups == 8)
  }
}
