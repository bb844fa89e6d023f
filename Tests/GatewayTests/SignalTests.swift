import Testing

@testable import Gateway

struct SignalTests {
  @Test func aValueThatCameIsThere() {
    var signal = Signal<Int>()
    let before = (signal.isFilled, signal.value)
    #expect(before == (false, nil))
    signal.fill(1)
    let after = (signal.isFilled, signal.value)
    #expect(after == (true, 1))
  }

  @Test func theFirstValueStays() {
    var signal = Signal<Int>()
    signal.fill(1)
    signal.fill(2)
    let value = signal.value
    #expect(value == 1)
  }

  @Test func aWaiterThatComesLateGetsTheValueAtOnce() async {
    var signal = Signal<Int>()
    signal.fill(1)
    let value = await withUnsafeContinuation { signal.wait($0) }
    #expect(value == 1)
  }

  @Test func aWaiterThatComesFirstIsResumedOnce() async {
    var signal = Signal<Int>()
    let value = await withUnsafeContinuation {
      signal.wait($0)
      signal.fill(1)
      signal.fill(2)
    }
    let kept = signal.value
    #expect(value == 1 && kept == 1)
  }
}
