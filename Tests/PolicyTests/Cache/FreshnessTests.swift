import Testing

@testable import Policy

struct FreshnessTests {
  private static let policy = CachePolicy(
    ttl: .seconds(600), staleWhileRevalidate: .seconds(30), staleIfError: .seconds(300))

  private func answer(_ kind: CachedMeta.Kind = .plain, delta: Int64 = 0) -> CachedAnswer {
    let meta = CachedMeta(
      kind: kind, status: 200, type: "application/json", ttl: 600_000, delta: delta, usage: .init(),
      encoding: .identity, bytes: 2)
    return CachedAnswer(meta: meta, created: 1_000_000, body: [])
  }

  /// Of an answer that is so many milliseconds old and fresh for 600 s.
  private func freshness(
    at age: Int64, _ directives: String = "", _ kind: CachedMeta.Kind = .plain, delta: Int64 = 0,
    seed: UInt64 = 1
  ) -> Freshness {
    var chance = Chance(seed: seed)
    return Freshness(
      of: answer(kind, delta: delta), now: 1_000_000 + age, CacheDirectives([directives]), Self.policy,
      &chance)
  }

  @Test func anAnswerIsFreshForItsTime() {
    #expect(freshness(at: 0) == .serve(refresh: false))
    #expect(freshness(at: 599_999) == .serve(refresh: false))
  }

  @Test func thenItIsStaleAndFetchedAnew() {
    #expect(freshness(at: 600_000) == .serve(refresh: true))
    #expect(freshness(at: 629_999) == .serve(refresh: true))
  }

  @Test func thenItServesInNeedOnly() {
    #expect(freshness(at: 630_000) == .onError)
    #expect(freshness(at: 899_999) == .onError)
    #expect(freshness(at: 900_000) == .unusable(.stale))
  }

  /// A clock that has gone back makes nothing older, and nothing younger than new.
  @Test func anAnswerOfTheFutureIsNew() {
    #expect(freshness(at: -4_000) == .serve(refresh: false))
    #expect(CacheAge(created: 9_000, ttl: 100, now: 5_000).age == 0)
    #expect(CacheAge(created: 9_000, ttl: 100, now: 5_000).left == 100)
  }

  @Test(arguments: ["no-cache", "no-store", "max-age=0", "min-fresh=600", "max-age=0, only-if-cached"])
  func aClientMayWantNoneOfIt(_ directives: String) {
    #expect(freshness(at: 1, directives) == .unusable(.request))
  }

  @Test func maxAgeBindsFreshAndStaleAnswers() {
    #expect(freshness(at: 60_000, "max-age=60") == .serve(refresh: false))
    #expect(freshness(at: 60_001, "max-age=60") == .unusable(.request))
    #expect(freshness(at: 610_000, "max-age=700") == .serve(refresh: true))
    #expect(freshness(at: 650_000, "max-age=640") == .unusable(.request))
  }

  @Test func minFreshIsWhatIsLeft() {
    #expect(freshness(at: 590_000, "min-fresh=10") == .serve(refresh: false))
    #expect(freshness(at: 590_001, "min-fresh=10") == .unusable(.request))
    #expect(freshness(at: 600_001, "min-fresh=0") == .unusable(.request))
  }

  @Test func maxStaleTakesThePlaceOfThePolicy() {
    #expect(freshness(at: 700_000, "max-stale=100") == .serve(refresh: true))
    #expect(freshness(at: 700_001, "max-stale=100") == .unusable(.request))
    #expect(freshness(at: 600_001, "max-stale=0") == .unusable(.request))
    #expect(freshness(at: 5_000_000, "max-stale") == .serve(refresh: true))
  }

  @Test func maxAgeAndMaxStaleAddUp() {
    #expect(freshness(at: 90_000, "max-age=60, max-stale=30") == .serve(refresh: false))
    #expect(freshness(at: 90_001, "max-age=60, max-stale=30") == .unusable(.request))
  }

  @Test func aRefusalIsServedFreshOrNotAtAll() {
    #expect(freshness(at: 599_999, "", .refusal, delta: 1 << 40) == .serve(refresh: false))
    #expect(freshness(at: 600_000, "", .refusal) == .unusable(.stale))
  }

  /// e^(−left ⁄ δ): of 20,000, within five standard deviations.
  @Test(arguments: [(1_000, 0.3679), (3_000, 0.0498), (100, 0.9048), (25_000, 0.0)] as [(Int64, Double)])
  func earlyRefreshIsAsLikelyAsXFetchSays(_ left: Int64, _ expected: Double) {
    let rounds = 20_000
    let early = (0..<rounds).count { round in
      freshness(at: 600_000 - left, delta: 1_000, seed: UInt64(round) &* 0x9e37_79b9) == .serve(refresh: true)
    }
    let deviation = (expected * (1 - expected) * Double(rounds)).squareRoot()
    #expect(abs(Double(early) - expected * Double(rounds)) <= 5 * deviation + 1)
  }

  @Test func ageIsInWholeSeconds() {
    #expect(CacheAge(created: 0, ttl: 1, now: 999).text == "0")
    #expect(CacheAge(created: 0, ttl: 1, now: 59_999).text == "59")
    #expect(CacheAge(created: 0, ttl: 1, now: .max / 2).text == "2147483648")
  }
}
