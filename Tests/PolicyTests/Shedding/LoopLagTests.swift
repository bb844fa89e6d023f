import Policy
import Testing

struct LoopLagTests {
  private let millisecond: Int64 = 1_000_000

  private func lag(_ ticks: [Int64]) -> Int64 {
    var lag = LoopLag()
    for late in ticks { lag.add(late * millisecond) }
    return lag.median / millisecond
  }

  @Test func oneStallHoweverLongIsNoLag() {
    #expect(lag(Array(repeating: 1, count: 20) + [60_000]) == 1)
    #expect(lag(Array(repeating: 1, count: 20) + [3_000, 1, 2_000, 1, 900, 3_000, 1, 500]) == 1)
  }

  @Test func aLoopThatIsLateEachTimeIs() {
    #expect(lag(Array(repeating: 1, count: 20) + Array(repeating: 400, count: 5)) == 1)
    #expect(lag(Array(repeating: 1, count: 20) + Array(repeating: 400, count: 6)) == 400)
    #expect(lag(Array(repeating: 400, count: 20) + Array(repeating: 0, count: 6)) == 0)
  }

  @Test func itSaysNothingBeforeItsWindowIsFull() {
    #expect(lag(Array(repeating: 5_000, count: LoopLag.window - 1)) == 0)
    #expect(lag(Array(repeating: 5_000, count: LoopLag.window)) == 5_000)
    #expect(lag(Array(repeating: -5, count: 20)) == 0, "a tick may come early")
  }
}
