import Policy
import Testing

/// What strangers can make a key cache do, and what it keeps.
struct KeyCacheBoundsTests {
  private static let arrival = KeyTurn.arrival(isAvailable: true)

  private static func bounds(_ change: (inout KeyCacheBounds) -> Void) -> KeyCacheBounds {
    var bounds = KeyFixture.narrow
    change(&bounds)
    return bounds
  }

  @Test(arguments: [true, false])
  func forgedIDsAskNobody(_ isAvailable: Bool) {
    var cache = KeyFixture.cache()
    for number in 0..<10_000 {
      let answer = cache.look(
        KeyFixture.forged(number), KeyFixture.digest(number), from: 1, .arrival(isAvailable: isAvailable),
        now: 0,
        clock: 0)
      #expect(answer == .refused(.forged))
    }
    #expect(cache.counts.asked == 0)
  }

  @Test func nobodysIDIsRememberedForFiveSeconds() {
    var cache = KeyFixture.cache()
    #expect(cache.look(1, now: 0) == .ask)
    _ = cache.answered(KeyFixture.id(1), .none, now: 10)
    #expect(cache.look(1, .afterAnswer, now: 10) == .refused(.unknown))
    #expect(cache.look(1, now: 5_009) == .refused(.unknown))
    #expect(cache.look(1, now: 5_010) == .ask)
  }

  @Test func aKeyThatIsMadeIsGoodAtOnce() {
    var cache = KeyFixture.cache()
    _ = cache.look(1, now: 0)
    _ = cache.answered(KeyFixture.id(1), .none, now: 0)
    cache.changed([KeyFixture.id(1).description])
    #expect(cache.look(1, now: 1) == .ask)
  }

  @Test func aRecordThatCannotBeReadIsRefused() {
    var cache = KeyFixture.cache()
    _ = cache.look(1, now: 0)
    _ = cache.answered(KeyFixture.id(1), .unreadable, now: 0)
    #expect(cache.look(1, .afterAnswer, now: 0) == .refused(.unreadable))
  }

  @Test func oneAsksAndTheOthersWaitUpToABound() {
    var cache = KeyFixture.cache(Self.bounds { $0.waiters = 3 })
    #expect(cache.look(1, now: 0) == .ask)
    for _ in 0..<3 { #expect(cache.look(1, from: 2, now: 0) == .wait) }
    #expect(cache.look(1, from: 3, now: 0) == .busy(wait: 1_000))
  }

  @Test func anAddressHasSoManyLookUpsASecond() {
    var cache = KeyFixture.cache()
    for number in 0..<10 { #expect(cache.look(number, now: 100) == .ask) }
    #expect(cache.look(10, now: 400) == .busy(wait: 700))
    #expect(cache.look(10, from: 2, now: 400) == .ask)
    #expect(cache.look(11, now: 1_099) == .busy(wait: 1))
    for number in 11..<21 { #expect(cache.look(number, now: 1_100) == .ask) }
    #expect(cache.look(21, now: 1_100) == .busy(wait: 1_000))
  }

  /// A clock of which the arithmetic could overflow would end the process.
  @Test func aClockMayBeginAnywhere() {
    for start in [0, -5_000, 1 << 60, -(1 << 60)] as [Int64] {
      var cache = KeyFixture.cache(Self.bounds { $0.addresses = 1 })
      #expect(cache.look(1, from: 1, now: start) == .ask && cache.look(2, from: 2, now: start) == .ask)
      #expect(cache.look(3, from: 2, now: start + 1_000) == .ask)
    }
  }

  @Test func aKnownKeyIsLookedUpWhateverTheAddressDid() throws {
    var cache = KeyFixture.cache()
    try cache.know(99, now: 0)
    for number in 0..<20 { _ = cache.look(number, now: 1_500) }
    #expect(cache.look(99, now: 1_500) == .ask)
  }

  @Test func wrongSecretsOfAKnownKeyAreChargedToTheAddress() throws {
    var cache = KeyFixture.cache()
    try cache.know(99, now: 0)
    _ = cache.polled(.changed([], epoch: 1, hasMore: false), sent: 8_000)
    for number in 0..<10 { #expect(cache.look(number, now: 8_000) == .ask) }
    #expect(cache.look(99, secret: 1, now: 8_000) == .refused(.wrongSecret))
  }

  @Test func lookUpsAtATimeAreBounded() {
    var cache = KeyFixture.cache(Self.bounds { $0.asks = 5 })
    for number in 0..<5 { #expect(cache.look(number, from: UInt64(number), now: 0) == .ask) }
    #expect(cache.look(5, from: 5, now: 0) == .busy(wait: 1_000))
    _ = cache.failed(KeyFixture.id(0))
    #expect(cache.look(5, from: 5, now: 0) == .ask)
  }

  /// Addresses beyond the table share what sixteen have; the table is swept of those that are through.
  @Test func manyAddressesAreNoWayAroundTheBound() {
    var cache = KeyFixture.cache(
      Self.bounds {
        $0.addresses = 4
        $0.asks = .max
      })
    let asked = { (cache: inout KeyCache<Int64>, first: Int, now: Int64) in
      (first..<first + 5_000).count { cache.look($0, from: UInt64($0), now: now) == .ask }
    }
    #expect(asked(&cache, 0, 0) == 4 + 160)
    #expect(asked(&cache, 5_000, 999) == 0)
    #expect(asked(&cache, 10_000, 1_100) == 4 + 160)
  }

  @Test func noMoreIsKeptThanTheBounds() throws {
    var cache = KeyFixture.cache(
      Self.bounds { ($0.known, $0.absent, $0.lookupsPerAddress) = (8, 8, .max) })
    for number in 0..<50 {
      _ = cache.look(number, now: 0)
      let finding: KeyFinding<Int64> = number % 2 == 0 ? .none : .record(try KeyFixture.record(number), 1)
      _ = cache.answered(KeyFixture.id(number), finding, now: 0)
      let expected: KeyAnswer<Int64> = number % 2 == 0 ? .refused(.unknown) : .use(1)
      #expect(cache.look(number, now: 0) == expected)
    }
    let answers = (0..<50).map { cache.look($0, now: 0) }
    #expect(answers.count { $0 == .use(1) } == 8)
    #expect(answers.count { $0 == .refused(.unknown) } == 8)
  }
}
