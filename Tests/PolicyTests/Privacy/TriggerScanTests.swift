import Testing

@testable import Policy

/// The scan asks few detectors, at few places; it finds what asking all of them everywhere finds.
struct TriggerScanTests {
  private static let numbers = [
    "4111 1111 1111 1111", "378282246310005", "3782 822463 10005", "4222222222222", "4917 6100 0000 0000 003",
    "123-45-6789", "86095742719", "86 095 742 719", "1 85 05 78 006 084 91", "185057800608491",
    "943 476 5919",
    "AB 12 34 56 C", "AB123456C", "12345678Z", "X1234567L", "DE89 3704 0044 0532 0130 00",
    "GB29NWBK60161331926819", "+49 30 1234567", "0049 30 1234567", "(555) 223-4567", "555-223-4567",
    "030 1234567", "06 12 34 56 78", "ann@example.com", "1@2.de", "192.168.1.1", "1.22.22.3", "2001:db8::1",
    "1:2:3:4:5:6:7:8", "99999999999999999999",
  ].map { Array($0.utf8) }
  private static let letters = Array("00112345678999    ---...//:@+()aDExXY\u{e9}".utf8)

  /// Numbers, each with a few letters changed, between letters; or letters alone.
  private static func text(_ chance: inout Chance) -> [UInt8] {
    var text: [UInt8] = []
    for _ in 0..<chance.below(6) {
      var part = numbers[chance.below(numbers.count)]
      for _ in 0..<chance.below(3) { part[chance.below(part.count)] = letters[chance.below(letters.count)] }
      if chance.below(4) > 0 { text += part }
      for _ in 0..<chance.below(chance.below(4) == 0 ? 40 : 3) {
        text.append(letters[chance.below(letters.count)])
      }
    }
    return text
  }

  /// What is found by asking every wanted detector at every place.
  private static func found(_ buffer: UnsafeBufferPointer<UInt8>, _ wanted: DetectorSet) -> [Findings.Place] {
    let text = TextBytes(buffer: buffer)
    var (places, numbersDone, colonsDone) = ([Findings.Place](), 0, 0)
    for place in 0..<text.count {
      if text.isDigit(place), !text.isDigit(place - 1), place >= numbersDone {
        let run = DigitRun(text, at: place)
        let asked: [(DetectorSet, Range<Int>?)] = [
          (.iban, BankAccount.range(text, digits: place)),
          (.card, CardNumber.end(run, text).map { place..<$0 }),
          (.nationalID, NationalID.range(run, text)),
          (.ip, NetworkAddress.version4(run, text)),
          (.phone, PhoneNumber.range(run, text)),
        ]
        for case (let detector, let range?) in asked where wanted.contains(detector) {
          places.append(.init(detector, range))
          numbersDone = max(numbersDone, range.upperBound)
        }
      }
      if text[place] == 0x40, wanted.contains(.email), let range = NetworkAddress.email(text, at: place) {
        places.append(.init(.email, range))
      }
      if text[place] == 0x3a, wanted.contains(.ip), place >= colonsDone {
        let (address, end) = NetworkAddress.version6(text, at: place, from: colonsDone)
        colonsDone = end
        if let address { places.append(.init(.ip, address)) }
      }
    }
    return places
  }

  @Test func itFindsWhatAskingEverywhereFinds() {
    var chance = Chance(seed: 17)
    var times: [DetectorSet: Int] = [:]
    for round in 0..<10_000 {
      let text = Self.text(&chance)
      let wanted = round % 2 == 0 ? DetectorSet.triggered : DetectorSet(rawValue: chance.next() & 63)
      var findings = Findings(keepsPlaces: true)
      let expected = text.withUnsafeBufferPointer { buffer in
        var scan = TriggerScan(buffer, wanted)
        scan.run(into: &findings)
        return Self.found(buffer, wanted)
      }
      #expect(findings.places == expected, "\(String(decoding: text, as: UTF8.self))")
      for place in expected { times[place.detector, default: 0] += 1 }
    }
    // None of them would be missed otherwise.
    for detector in Detector.allCases where detector != .health {
      #expect(times[detector.bit, default: 0] > 50, "\(detector)")
    }
  }

  /// Cards are looked for once more in groups of digits, the plain way.
  @Test func cardsAreThoseThatAPlainLookFinds() {
    var chance = Chance(seed: 23)
    var found = 0
    let forms = [
      [4, 4, 4, 4], [4, 4, 4, 4, 3], [4, 4, 4, 1], [4, 6, 5], [4, 6, 4], [13], [16], [19], [4, 4, 4], [5],
    ]
    for _ in 0..<10_000 {
      var (groups, text) = ([[Int]](), "")
      let separator = [" ", "-", "."][chance.below(3)]
      for _ in 0..<1 + chance.below(2) {
        for digits in forms[chance.below(forms.count)] {
          groups.append((0..<digits).map { _ in chance.below(10) })
          groups[groups.count - 1][0] = [3, 4, 5, 6, 1][chance.below(5)]
        }
      }
      text = groups.map { $0.map(String.init).joined() }.joined(separator: separator)
      var findings = Findings(keepsPlaces: true)
      Array(text.utf8).withUnsafeBufferPointer { buffer in
        var scan = TriggerScan(buffer, .card)
        scan.run(into: &findings)
      }
      let cards = Self.cards(groups, isPrintable: separator != ".")
      #expect(findings.places.map(\.range) == cards, "\(text)")
      found += cards.count
    }
    #expect(found > 200)
  }

  private static func cards(_ groups: [[Int]], isPrintable: Bool) -> [Range<Int>] {
    let printed: Set = [
      [4, 6, 5], [4, 6, 4], [4, 4, 4, 1], [4, 4, 4, 2], [4, 4, 4, 3], [4, 4, 4, 4], [4, 4, 4, 4, 1],
      [4, 4, 4, 4, 2], [4, 4, 4, 4, 3],
    ]
    var (cards, first, place) = ([Range<Int>](), 0, 0)
    while first < groups.count {
      let counts = (1...min(5, groups.count - first)).reversed()
      let count = counts.first { count in
        let part = groups[first..<first + count]
        let isForm =
          count == 1 ? 13...19 ~= part[first].count : isPrintable && printed.contains(part.map(\.count))
        // Behind a dot a number is the decimals of another.
        return isForm && (isPrintable || first == 0) && isCard(part.flatMap { $0 })
      }
      let taken = groups[first..<first + (count ?? 1)]
      let end = place + taken.reduce(taken.count - 1) { $0 + $1.count }
      if count != nil { cards.append(place..<end) }
      (first, place) = (first + taken.count, end + 1)
    }
    return cards
  }

  private static func isCard(_ digits: [Int]) -> Bool {
    let sum = digits.reversed().enumerated().reduce(0) { sum, digit in
      sum + (digit.offset % 2 == 0 ? digit.element : [0, 2, 4, 6, 8, 1, 3, 5, 7, 9][digit.element])
    }
    let lengths: ClosedRange<Int>
    switch digits[0] * 10 + digits[1] {
    case 22...27, 51...55, 35: lengths = 16...16
    case 34, 37: lengths = 15...15
    case 30, 36, 38, 39: return sum % 10 == 0 && [14, 16].contains(digits.count)
    case 40...49: return sum % 10 == 0 && [13, 16, 19].contains(digits.count)
    case 50, 56...69: lengths = 13...19
    default: return false
    }
    return sum % 10 == 0 && lengths.contains(digits.count)
  }
}
