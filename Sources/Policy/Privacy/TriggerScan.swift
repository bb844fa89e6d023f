/// Finds what begins with a digit or stands around an `@` or a colon: eight bytes at a time where there is none of them.
struct TriggerScan {
  private let text: TextBytes
  private let wanted: DetectorSet
  /// What is before has been looked at as part of a finding, or of an address that was none.
  private var numbersDone = 0
  private var colonsDone = 0

  init(_ text: UnsafeBufferPointer<UInt8>, _ wanted: DetectorSet) {
    self.text = TextBytes(buffer: text)
    self.wanted = wanted
  }

  mutating func run(into findings: inout Findings) {
    let bytes = UnsafeRawBufferPointer(text.buffer)
    var place = 0
    while place < bytes.count {
      if place + 8 <= bytes.count {
        let word = bytes.loadUnaligned(fromByteOffset: place, as: UInt64.self)
        if !Self.hasTrigger(word) {
          place += 8
          continue
        }
      }
      for at in place..<min(place + 8, bytes.count) { look(at, &findings) }
      place += 8
    }
  }

  /// Whether one of the eight bytes is a digit, a colon (which follows them) or an `@`. False alarms cost time only.
  @inline(__always)
  private static func hasTrigger(_ word: UInt64) -> Bool {
    let (ones, high) = (0x0101_0101_0101_0101 as UInt64, 0x8080_8080_8080_8080 as UInt64)
    let digit = word ^ (ones &* 0x30)
    let at = word ^ (ones &* 0x40)
    return ((digit &- ones &* 0x0b) & ~digit | (at &- ones) & ~at) & high != 0
  }

  private mutating func look(_ place: Int, _ findings: inout Findings) {
    switch text.buffer[place] {
    case 0x30...0x39:
      guard place >= numbersDone, !text.isDigit(place - 1) else { return }
      lookAtNumber(place, &findings)
    case 0x40:
      guard wanted.contains(.email), let range = NetworkAddress.email(text, at: place) else { return }
      findings.add(.email, range)
    case 0x3a:
      guard wanted.contains(.ip), place >= colonsDone else { return }
      let (address, end) = NetworkAddress.version6(text, at: place, from: colonsDone)
      colonsDone = end
      if let address { findings.add(.ip, address) }
    default: return
    }
  }

  private mutating func lookAtNumber(_ place: Int, _ findings: inout Findings) {
    // A copy: what is handed over below is looked at while this value changes.
    let text = text
    let run = DigitRun(text, at: place)
    note(.iban, BankAccount.range(text, digits: place), &findings)
    note(.card, CardNumber.end(run, text).map { place..<$0 }, &findings)
    note(.nationalID, NationalID.range(run, text), &findings)
    note(.ip, NetworkAddress.version4(run, text), &findings)
    note(.phone, PhoneNumber.range(run, text), &findings)
  }

  private mutating func note(
    _ detector: DetectorSet, _ range: @autoclosure () -> Range<Int>?, _ findings: inout Findings
  ) {
    guard wanted.contains(detector), let range = range() else { return }
    findings.add(detector, range)
    numbersDone = max(numbersDone, range.upperBound)
  }
}
