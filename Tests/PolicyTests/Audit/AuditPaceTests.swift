import Policy
import Testing

/// How many requests are looked at again, and when.
struct AuditPaceTests {
  @Test(arguments: [1, 7, 100, 3_601])
  func inNoHourThereAreMoreThanAllowedAndTheyComeEvenly(perHour: Int) {
    var pace = AuditPace()
    // Two hours, asked each 10 ms.
    let taken = stride(from: 5 as Int64, to: 7_200_005, by: 10).filter { pace.take(perHour, now: $0) }
    for (first, last) in zip(taken, taken.dropFirst(perHour)) { #expect(last - first >= 3_600_000) }
    #expect(taken.count >= 2 * perHour - perHour / 50 - 1, "\(taken.count)")
  }

  @Test func aNewAmountCountsFromTheNextOnOn() {
    var pace = AuditPace()
    let isTaken = pace.take(3_600, now: 0)
    #expect(isTaken)
    #expect(!pace.take(3_600_000, now: 999) && pace.take(3_600_000, now: 1_000))
    #expect(pace.take(1, now: 1_001) && !pace.take(3_600_000, now: 3_601_000))
  }
}
