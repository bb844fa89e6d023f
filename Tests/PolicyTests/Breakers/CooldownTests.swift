import Testing

@testable import Policy

struct CooldownTests {
  private func length(
    _ status: Int = 429, jitter: Int64 = 0, _ change: (inout Cooldown.Fields) -> Void
  ) -> Int64? {
    var (cooldown, fields) = (Cooldown(), Cooldown.Fields())
    change(&fields)
    return cooldown.length(status: status, fields, jitter: jitter, wallClock: 784_111_777_000, now: 0)
  }

  @Test(
    arguments: [
      ("20", 20_000), ("1.5", 1_500), ("0", 500), ("0.1", 500), ("900", 300_000),
      ("99999999999999999999", 300_000),
      ("Sun, 06 Nov 1994 08:49:57 GMT", 20_000), ("Sunday, 06-Nov-94 08:49:57 GMT", 20_000),
      ("Sun Nov  6 08:49:57 1994", 20_000), ("Sun, 06 Nov 1994 08:00:00 GMT", 500),
    ] as [(String, Int64)])
  func itIsAskedFor(_ text: String, _ milliseconds: Int64) {
    #expect(length { $0.retryAfter = text } == milliseconds)
    #expect(length(503) { $0.retryAfter = text } == milliseconds)
    #expect(length(529) { $0.retryAfter = text } == milliseconds)
  }

  /// An endpoint whose clock is an hour off.
  @Test func aDateCountsFromTheAnswersOwn() {
    let length = length {
      $0.retryAfter = "Sun, 06 Nov 1994 09:49:57 GMT"
      $0.date = "Sun, 06 Nov 1994 09:49:47 GMT"
    }
    #expect(length == 10_000)
  }

  @Test func millisecondsAreMoreExact() {
    let length = length {
      $0.retryAfter = "1"
      $0.retryAfterMilliseconds = "720"
    }
    #expect(length == 720)
  }

  @Test(
    arguments: [("6m0s", 300_000), ("1m2.5s", 62_500), ("720ms", 720), ("9", 9_000)] as [(String, Int64)])
  func aLimitSaysWhenThereIsMore(_ text: String, _ milliseconds: Int64) {
    #expect(length { $0.limits = [(nil, text)] } == milliseconds)
    #expect(length(503) { $0.limits = [("0", text)] } == nil, "of a limit alone")
  }

  @Test func theLimitThatIsUsedUpCounts() {
    #expect(length { $0.limits = [("7", "1s"), ("0", "20s"), ("0", "5s")] } == 20_000)
    #expect(length { $0.limits = [("7", "9s"), (nil, "20s")] } == 9_000)
  }

  @Test(arguments: [
    "", "soon", "-5", "1.2.3", "+5", "1e3", "５", "Sun, 06 Nov 1994 08:49:37 CET",
    "Sun, 06 Nov 1994 25:49:37 GMT",
    "Sun, 99 Nov 1994 08:49:37 GMT", "Sun, 06 Nix 1994 08:49:37 GMT",
  ])
  func whatMakesNoSenseIsNotThere(_ text: String) {
    #expect(length { $0.retryAfter = text } == 1_000)
    #expect(length(503) { $0.retryAfter = text } == nil)
  }

  @Test(arguments: ["", "x", "5x", "m", "1m2", "s5", "1..2s", String(repeating: "9999999d", count: 3_000)])
  func durationsThatMakeNoSense(_ text: String) {
    let isLong = text.hasPrefix("9999")
    #expect(Cooldown.duration(text) == (isLong ? 86_400_000 : nil))
  }

  @Test func withoutAWordItDoubles() {
    var cooldown = Cooldown()
    var now = Int64(0)
    let guess = { (cooldown: inout Cooldown) in
      let length = cooldown.length(status: 429, Cooldown.Fields(), jitter: 0, wallClock: 0, now: now)
      now += length ?? 0
      return length
    }
    let lengths = (0..<8).map { _ in guess(&cooldown) }
    #expect(lengths == [1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000])
    cooldown.succeeded()
    #expect(guess(&cooldown) == 1_000)
  }

  @Test func whatStartedBeforeACooldownDoublesNothing() {
    var cooldown = Cooldown()
    let guess = { cooldown.length(status: 429, Cooldown.Fields(), jitter: 0, wallClock: 0, now: $0) }
    #expect((0..<10 as Range<Int64>).map { guess($0) } == Array(repeating: 1_000, count: 10))
    #expect((1_009..<1_019 as Range<Int64>).map { guess($0) } == Array(repeating: 2_000, count: 10))
    #expect(guess(3_018) == 4_000)
  }

  @Test func jitterMakesItLongerByATenthAtMost() {
    #expect(length(jitter: 100) { $0.retryAfter = "20" } == 22_000)
  }

  @Test(arguments: [200, 400, 401, 500, 502]) func othersAskForNothing(status: Int) {
    #expect(length(status) { $0.retryAfter = "20" } == nil)
  }
}
