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
    var place = 0
    while place < text.count {
      if place + 8 <= text.count {
        let triggers = Self.triggers(text.word(place))
        place += triggers == 0 ? 8 : triggers.trailingZeroBitCount / 8
        if triggers == 0 { continue }
      }
      switch text.buffer[place] {
      case 0x30...0x39:
        place = lookAtNumbers(place, &findings)
        continue
      case 0x40: lookAtName(place, &findings)
      case 0x3a: lookAtColon(place, &findings)
      default: break
      }
      place += 1
    }
  }

  /// The high bits of the bytes that are digits, a colon (which follows them) or an `@`. The lowest is right; those above it may be
  /// false alarms.
  @inline(__always)
  private static func triggers(_ word: UInt64) -> UInt64 {
    let (ones, high) = (0x0101_0101_0101_0101 as UInt64, 0x8080_8080_8080_8080 as UInt64)
    let digit = word ^ (ones &* 0x30)
    let at = word ^ (ones &* 0x40)
    return ((digit &- ones &* 0x0b) & ~digit | (at &- ones) & ~at) & high
  }

  private mutating func lookAtName(_ at: Int, _ findings: inout Findings) {
    guard wanted.contains(.email), let range = NetworkAddress.email(text, at: at) else { return }
    findings.add(.email, range)
  }

  private mutating func lookAtColon(_ place: Int, _ findings: inout Findings) {
    guard wanted.contains(.ip), place >= colonsDone else { return }
    let (address, end) = NetworkAddress.version6(text, at: place, from: colonsDone)
    colonsDone = end
    if let address { findings.add(.ip, address) }
  }

  /// Looks at each number that begins within groups of digits; the place behind the last group, where no digit stands.
  private mutating func lookAtNumbers(_ place: Int, _ findings: inout Findings) -> Int {
    // A copy: what is handed over below is looked at while this value changes.
    let text = text
    var run = DigitRun(text, at: place)
    repeat {
      let candidates = run.candidates(text).intersection(wanted)
      if !candidates.isEmpty, run.start >= numbersDone { ask(candidates, run, &findings) }
    } while run.advance(text)
    return run.behind
  }

  /// Few groups of digits come here: the loop over all of them is faster without it.
  @inline(never)
  private mutating func ask(_ candidates: DetectorSet, _ run: DigitRun, _ findings: inout Findings) {
    let text = text
    func note(_ detector: DetectorSet, _ range: @autoclosure () -> Range<Int>?) {
      guard candidates.contains(detector), let range = range() else { return }
      findings.add(detector, range)
      numbersDone = max(numbersDone, range.upperBound)
    }
    note(.iban, BankAccount.range(text, digits: run.start))
    note(.card, CardNumber.end(run, text).map { run.start..<$0 })
    note(.nationalID, NationalID.range(run, text))
    note(.ip, NetworkAddress.version4(run, text))
    note(.phone, PhoneNumber.range(run, text))
  }
}
