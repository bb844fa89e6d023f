import Policy
import Testing

struct KeyCacheTests {
  private static let away = KeyTurn.arrival(isAvailable: false)

  // MARK: Known keys

  @Test func aKeyIsAskedForOnceAndUsedFromThen() throws {
    var cache = KeyFixture.cache()
    try cache.know(1, now: 0)
    #expect(cache.look(1, .afterAnswer, now: 0) == .use(1))
    #expect(cache.look(1, now: 1_000) == .use(1))
  }

  @Test func aPollKeepsWhatIsKnownFresh() throws {
    var cache = KeyFixture.cache()
    try cache.know(1, now: 0)
    #expect(cache.polled(.changed([], epoch: 5, hasMore: false), sent: 900) == .done)
    #expect(cache.look(1, now: 1_900) == .use(1))
    #expect(cache.look(1, now: 1_901) == .ask)
    #expect(cache.epoch == 5)
  }

  /// Of changes that come in pages, the last page says that nothing else changed.
  @Test func aPollWithMoreToComeConfirmsNothing() throws {
    var cache = KeyFixture.cache()
    try cache.know(1, now: 0)
    let other = KeyFixture.id(2).description
    #expect(cache.polled(.changed([other], epoch: 5, hasMore: true), sent: 900) == .more)
    #expect(cache.look(1, now: 1_001) == .ask)
    #expect(cache.epoch == 5)
  }

  @Test func theWrongSecretIsRefusedAndSeldomLookedUp() throws {
    var cache = KeyFixture.cache()
    try cache.know(1, now: 0)
    #expect(cache.look(1, secret: 2, now: 0) == .refused(.wrongSecret))
    #expect(cache.polled(.changed([], epoch: 1, hasMore: false), sent: 5_000) == .done)
    #expect(cache.look(1, secret: 2, now: 5_000) == .refused(.wrongSecret))
    #expect(cache.look(1, secret: 2, Self.away, now: 5_001) == .refused(.wrongSecret))
    #expect(cache.look(1, secret: 2, now: 5_001) == .ask)
    #expect(cache.look(1, now: 5_001) == .use(1))
    _ = cache.answered(KeyFixture.id(1), .record(try KeyFixture.record(1), 1), now: 5_002)
    #expect(cache.look(1, secret: 2, .afterAnswer, now: 5_002) == .refused(.wrongSecret))
    #expect(cache.look(1, secret: 2, now: 5_003) == .refused(.wrongSecret))
  }

  @Test func aRotatedKeyIsGoodBeforeTheRotationIsHeardOf() throws {
    var cache = KeyFixture.cache()
    try cache.know(1, now: 0)
    _ = cache.polled(.changed([], epoch: 1, hasMore: false), sent: 6_000)
    #expect(cache.look(1, secret: 2, now: 6_000) == .ask)
    let former = KeyTerms.Former(digest: KeyFixture.digest(1), until: KeyInstant(seconds: 60))
    let rotated = try KeyFixture.record(2, version: 2, former: former)
    _ = cache.answered(KeyFixture.id(1), .record(rotated, 2), now: 6_001)
    #expect(cache.look(1, secret: 2, .afterAnswer, now: 6_001) == .use(2))
    #expect(cache.look(1, secret: 1, now: 6_001) == .use(2))
    _ = cache.polled(.changed([], epoch: 1, hasMore: false), sent: 60_000)
    #expect(cache.look(1, secret: 1, now: 60_000) == .ask)
    _ = cache.answered(KeyFixture.id(1), .record(rotated, 2), now: 60_001)
    #expect(cache.look(1, secret: 1, .afterAnswer, now: 60_001) == .refused(.wrongSecret))
  }

  @Test func anExpiredKeyIsRefusedByTheSharedClock() throws {
    var cache = KeyFixture.cache()
    try cache.know(1, now: 0, expires: KeyInstant(seconds: 500))
    let (id, digest) = (KeyFixture.id(1), KeyFixture.digest(1))
    let turn = KeyTurn.arrival(isAvailable: true)
    #expect(cache.look(id, digest, from: 1, turn, now: 1, clock: 499_999) == .use(1))
    #expect(cache.look(id, digest, from: 1, turn, now: 1, clock: 500_000) == .refused(.expired))
    #expect(cache.look(id, digest, from: 1, Self.away, now: 1, clock: 500_000) == .refused(.expired))
  }

  @Test func anOldRecordIsReadAgainInPassing() throws {
    var cache = KeyFixture.cache()
    try cache.know(1, now: 0)
    _ = cache.polled(.changed([], epoch: 1, hasMore: false), sent: 60_000)
    #expect(cache.look(1, now: 60_000) == .use(1))
    #expect(cache.look(1, now: 60_001) == .useAndAsk(1))
    #expect(cache.look(1, now: 60_002) == .use(1))
    _ = cache.answered(KeyFixture.id(1), .record(try KeyFixture.record(1, version: 2), 2), now: 60_003)
    #expect(cache.look(1, now: 60_004) == .use(2))
  }

  @Test func whatRecordsStandForIsMadeAnew() throws {
    var cache = KeyFixture.cache()
    for number in 1...2 { try cache.know(number, now: 0) }
    cache.update(KeyFixture.id(1), 42)
    cache.update(KeyFixture.id(3), 43)
    #expect(cache.look(1, now: 1_000) == .use(42))
    #expect(cache.look(2, now: 1_000) == .use(1))
    #expect(cache.look(3, now: 1_000) == .ask, "an unknown key stays unknown")
    #expect(cache.look(1, now: 1_001) == .ask, "and it gets no fresher by that")
  }

  // MARK: Changes

  @Test func aChangedKeyIsAskedForAnew() throws {
    var cache = KeyFixture.cache()
    try cache.know(1, now: 0)
    try cache.know(2, now: 0)
    _ = cache.polled(.changed([KeyFixture.id(1).description, "ci", ""], epoch: 7, hasMore: false), sent: 1)
    #expect(cache.look(2, now: 2) == .use(1))
    #expect(cache.look(1, now: 2) == .ask)
    let revoked = try KeyFixture.record(1, revoked: KeyInstant(seconds: 0))
    _ = cache.answered(KeyFixture.id(1), .record(revoked, 2), now: 3)
    #expect(cache.look(1, .afterAnswer, now: 3) == .refused(.revoked))
    #expect(cache.look(1, Self.away, now: 4) == .refused(.revoked))
  }

  /// The answer on its way may be from before the change.
  @Test func aKeyThatChangesWhileItIsReadIsReadAgain() throws {
    var cache = KeyFixture.cache()
    #expect(cache.look(1, now: 0) == .ask)
    #expect(cache.look(1, now: 0) == .wait)
    cache.changed([KeyFixture.id(1).description])
    let old = try KeyFixture.record(1)
    #expect(cache.answered(KeyFixture.id(1), .record(old, 1), now: 5) == .askAgain)
    #expect(cache.look(1, now: 5) == .wait)
    #expect(cache.answered(KeyFixture.id(1), .revoked, now: 9) == .wake(.afterAnswer))
    #expect(cache.look(1, .afterAnswer, now: 9) == .refused(.revoked))
  }

  @Test func whoMustForgetAllForgetsTheCodeToo() throws {
    var cache = KeyFixture.cache()
    try cache.know(1, now: 0)
    #expect(cache.look(2, now: 0) == .ask)
    _ = cache.look(3, now: 0)
    _ = cache.answered(KeyFixture.id(3), .none, now: 0)
    #expect(cache.polled(.unknown(epoch: 9), sent: 1) == .forgotten)
    #expect(cache.epoch == 9)
    #expect(cache.look(1, now: 2) == .unavailable && cache.look(3, now: 2) == .unavailable)
    #expect(cache.answered(KeyFixture.id(2), .none, now: 2) == .askAgain)
    cache.learn(KeyFixture.code)
    #expect(cache.look(1, now: 2) == .ask)
  }

  @Test func anAnswerThatNobodyWaitsForIsNotKept() throws {
    var cache = KeyFixture.cache()
    let late = try KeyFixture.record(1)
    #expect(cache.answered(KeyFixture.id(1), .record(late, 1), now: 0) == .wake(.afterAnswer))
    #expect(cache.look(1, now: 0) == .ask)
  }

  @Test func whoIsWokenFindsWhatWasForgottenMeanwhileAskedAgain() throws {
    var cache = KeyFixture.cache()
    try cache.know(1, now: 0)
    cache.changed([KeyFixture.id(1).description])
    #expect(cache.look(1, .afterAnswer, now: 0) == .ask)
  }

  // MARK: The shared state away

  @Test func knownKeysServeWhileItIsAway() throws {
    var cache = KeyFixture.cache()
    try cache.know(1, now: 0)
    _ = cache.polled(.changed([], epoch: 1, hasMore: false), sent: 400)
    #expect(cache.look(1, Self.away, now: 600_400) == .use(1))
    #expect(cache.takeOldest() == 600_000)
    #expect(cache.look(1, Self.away, now: 600_401) == .unavailable)
    #expect(cache.look(1, now: 600_401) == .ask)
    #expect(cache.counts.usedStale == 1)
  }

  @Test func unknownKeysAreUnavailableNeverRefused() {
    var cache = KeyFixture.cache()
    #expect(cache.look(1, Self.away, now: 0) == .unavailable)
    var young = KeyCache<Int64>()
    #expect(young.look(1, now: 0) == .unavailable && young.look(1, Self.away, now: 0) == .unavailable)
  }

  @Test func aFailedReadingServesWhatIsKnown() throws {
    var cache = KeyFixture.cache()
    try cache.know(1, now: 0)
    #expect(cache.look(1, now: 2_000) == .ask && cache.look(2, now: 2_000) == .ask)
    #expect(cache.failed(KeyFixture.id(1)) == .wake(.afterFailure))
    #expect(cache.failed(KeyFixture.id(2)) == .wake(.afterFailure))
    #expect(cache.look(1, .afterFailure, now: 2_025) == .use(1))
    #expect(cache.look(2, .afterFailure, now: 2_025) == .unavailable)
    #expect(cache.look(1, .afterFailure, now: 600_001) == .unavailable)
  }

  /// However long it took: else who waits would ask for ever.
  @Test func whoHasWaitedHasTheAnswer() throws {
    var cache = KeyFixture.cache()
    #expect(cache.look(1, now: 0) == .ask)
    _ = cache.answered(KeyFixture.id(1), .record(try KeyFixture.record(1), 1), now: 5_000)
    #expect(cache.look(1, .afterAnswer, now: 5_000) == .use(1))
    #expect(cache.look(1, now: 5_000) == .ask)
    #expect(cache.look(1, .afterAnswer, now: 700_000) == .use(1))
  }

  // MARK: Measures

  @Test func theAgeOfWhatAnsweredIsMeasured() throws {
    var cache = KeyFixture.cache()
    try cache.know(1, now: 100)
    _ = cache.look(1, now: 700)
    _ = cache.look(1, now: 300)
    #expect(cache.takeOldest() == 600 && cache.takeOldest() == 0)
    #expect(cache.counts.used == 2 && cache.counts.asked == 1 && cache.counts.usedStale == 0)
  }

  @Test func refusalsAreCountedByTheirReason() throws {
    var cache = KeyFixture.cache()
    try cache.know(1, now: 0)
    _ = cache.look(1, secret: 2, now: 0)
    for number in 0..<3 {
      _ = cache.look(KeyFixture.forged(number), KeyFixture.digest(0), from: 1, Self.away, now: 0, clock: 0)
    }
    #expect(cache.counts.refused == [.wrongSecret: 1, .forged: 3])
  }
}
