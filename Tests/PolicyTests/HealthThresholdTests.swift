import Policy
import Testing

struct HealthThresholdTests {
  private func verdicts(_ checks: [Bool], isFirst: Bool = false) -> [Bool] {
    var threshold = HealthThreshold()
    var isFirst = isFirst
    return checks.map { passed in
      _ = threshold.note(passed: passed, unhealthyAfter: 3, healthyAfter: 2, isFirst: isFirst)
      isFirst = false
      return threshold.isHealthy
    }
  }

  @Test func onlyThoseInARowCount() {
    #expect(
      verdicts([false, false, true, false, false, false, false, true, false, true, true, true])
        == [true, true, true, true, true, false, false, false, false, false, true, true])
  }

  @Test func theFirstDecidesAlone() {
    #expect(verdicts([false, true, true], isFirst: true) == [false, false, true])
    #expect(verdicts([true, false], isFirst: true) == [true, true])
  }

  @Test func aChangeIsToldOnce() {
    var threshold = HealthThreshold()
    let told = [false, false, false].map {
      threshold.note(passed: $0, unhealthyAfter: 2, healthyAfter: 1)
    }
    #expect(told == [false, true, false])
  }
}
