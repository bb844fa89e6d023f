import Policy
import Testing

struct BucketTests {
  private static let perMinute = Bucket.Rule(tokens: 600, window: 60_000)

  @Test func aFullBucketHoldsItsTokens() {
    let bucket = Bucket.full(Self.perMinute, now: 5)
    #expect(bucket.tokens(Self.perMinute) == 600)
    #expect(bucket.wait(for: 600, Self.perMinute) == 0)
    #expect(bucket.wait(for: 601, Self.perMinute) == nil)
    #expect(bucket.timeToFull(Self.perMinute) == 0)
  }

  @Test func whatWasTakenComesBackExactly() {
    var bucket = Bucket.full(Self.perMinute, now: 0)
    bucket.take(600, Self.perMinute)
    #expect(bucket.wait(for: 1, Self.perMinute) == 100)
    #expect(bucket.refilled(Self.perMinute, now: 99).tokens(Self.perMinute) == 0)
    #expect(bucket.refilled(Self.perMinute, now: 100).tokens(Self.perMinute) == 1)
    #expect(bucket.refilled(Self.perMinute, now: 60_000).tokens(Self.perMinute) == 600)
    #expect(bucket.refilled(Self.perMinute, now: 90_000).level == Self.perMinute.capacity)
  }

  /// However the time is cut, the same comes back.
  @Test(arguments: [1, 3, 7, 77, 1_001])
  func manySmallRefillsAreOneLargeOne(step: Int64) {
    let rule = Bucket.Rule(tokens: 7, window: 60_000)
    var bucket = Bucket(level: -rule.capacity, at: 0)
    for now in stride(from: step, through: 50_000, by: Int(step)) { bucket = bucket.refilled(rule, now: now) }
    #expect(bucket.refilled(rule, now: 50_000) == Bucket(level: -rule.capacity + 350_000, at: 50_000))
  }

  @Test func debtIsRepaidBeforeTheNextAdmission() {
    var bucket = Bucket.full(Self.perMinute, now: 0)
    bucket.take(700, Self.perMinute)
    #expect(bucket.tokens(Self.perMinute) == 0)
    #expect(bucket.wait(for: 1, Self.perMinute) == 10_100)
  }

  @Test func debtIsAtMostOneCapacity() {
    var bucket = Bucket.full(Self.perMinute, now: 0)
    for _ in 0..<10 { bucket.take(600, Self.perMinute) }
    #expect(bucket.level == -Self.perMinute.capacity)
    #expect(bucket.timeToFull(Self.perMinute) == 120_000)
  }

  @Test func givingBackStopsAtTheCapacity() {
    var bucket = Bucket.full(Self.perMinute, now: 0)
    bucket.take(-5, Self.perMinute)
    #expect(bucket.level == Self.perMinute.capacity)
  }

  @Test func aSmallStepBackRefillsNothingTwice() {
    var bucket = Bucket.full(Self.perMinute, now: 10_000)
    bucket.take(600, Self.perMinute)
    let back = bucket.refilled(Self.perMinute, now: 6_000)
    #expect(back == Bucket(level: 0, at: 10_000))
    #expect(back.refilled(Self.perMinute, now: 10_000).level == 0)
  }

  @Test func aLargeStepBackStartsFromNow() {
    let bucket = Bucket(level: 0, at: 3_600_000)
    let back = bucket.refilled(Self.perMinute, now: 1_000)
    #expect(back == Bucket(level: 0, at: 1_000))
    #expect(back.refilled(Self.perMinute, now: 61_000).tokens(Self.perMinute) == 600)
  }

  @Test func aLowerLimitCutsTheLevel() {
    let bucket = Bucket.full(Self.perMinute, now: 0)
    let lower = Bucket.Rule(tokens: 10, window: 60_000)
    #expect(bucket.refilled(lower, now: 0).tokens(lower) == 10)
  }

  @Test func limitsThatAreNotExactInDoublesAreNoRules() {
    #expect(Bucket.Rule.isValid(tokens: (1 << 52) / 60_000, window: 60_000))
    #expect(!Bucket.Rule.isValid(tokens: (1 << 52) / 60_000 + 1, window: 60_000))
    #expect(!Bucket.Rule.isValid(tokens: .max, window: 2))
    #expect(!Bucket.Rule.isValid(tokens: 0, window: 1))
    #expect(!Bucket.Rule.isValid(tokens: 1, window: 0))
  }
}
