import NIOCore
import Policy
import Testing

@testable import Coordination

struct ScriptCallTests {
  @Test(arguments: [0, 7, 9, 10, 99, 100, 60_000, -1, -9, -10, .max, .min] as [Int64])
  func aNumberIsWrittenAsItsDigits(number: Int64) {
    var (asNumber, asText) = (ByteBuffer(), ByteBuffer())
    asNumber.writeWord(number)
    asText.writeString("$\(String(number).utf8.count)\r\n\(number)\r\n")
    #expect(asNumber == asText)
  }

  @Test func anAdmissionIsOneCommand() {
    let charges = [
      Charge(key: "b", rule: .bucket(Bucket.Rule(tokens: 10, window: 60_000)), cost: 1),
      Charge(key: "g", rule: .budget(Budget(capacity: 500, starts: 1_000, ends: 2_000)), cost: 20),
      Charge(key: "s", rule: .slots(Slots.Rule(count: 4, lifetime: 30_000)), cost: 1),
    ]
    let admission = Admission(id: "x", reservation: "r:x", owner: "o", lifetime: 45_000, charges: charges)
    var expected = ByteBuffer()
    expected.writeCommand(
      "EVALSHA 00ff 4 r:x b g s x|o 1 20 1|45000 b 10 60000 0 1 g 500 1000 2000 20 s 4 30000 0 1".words)
    #expect(ScriptCall(admission).command("EVALSHA", "00ff") == expected)
  }

  @Test func aCallSettlesMany() {
    let rule = Charge.Rule.bucket(Bucket.Rule(tokens: 10, window: 60_000))
    let settlings = [
      Settling(id: "x", reservation: "r:x", charges: [Charge(key: "b", rule: rule, cost: 7)]),
      Settling(id: "y", reservation: "r:y", charges: []),
    ]
    var expected = ByteBuffer()
    expected.writeCommand("EVALSHA 00ff 3 r:x b r:y x 1 b 10 60000 0 7 y 0".words)
    #expect(ScriptCall(settlings).command("EVALSHA", "00ff") == expected)
  }
}

extension String {
  /// Split at spaces, and not within `|…|`.
  fileprivate var words: [String] {
    split(separator: "|").enumerated().flatMap { index, part in
      index.isMultiple(of: 2) ? part.split(separator: " ").map(String.init) : [String(part)]
    }
  }
}
