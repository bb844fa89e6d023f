import Settings
import Testing

/// Which answers are kept, and where.
struct CacheTests {
  @Test func theReferenceHasACacheOfItsOwn() throws {
    let cache = try #require(try Fixture("reference.yaml").load().cache)
    #expect((cache.ttl, cache.scope, cache.maxBody) == (.seconds(600), .tenant, Bytes(1 << 20)))
    #expect((cache.staleWhileRevalidate, cache.staleIfError) == (.seconds(30), .seconds(300)))
    #expect(cache.negativeTTL == .seconds(30))
    #expect(cache.redis?.revealed == "redis://cache:6379/0")
  }

  @Test func withoutTheSectionNothingIsKept() throws {
    #expect(try Fixture.load(LoadTests.minimal()).cache == nil)
  }

  @Test func anEmptySectionTurnsItOn() throws {
    let cache = try #require(try Fixture.load(LoadTests.minimal() + "cache: {}\n").cache)
    #expect(cache.ttl == .seconds(600) && cache.redis == nil)
  }

  @Test func graceMayBeNothing() throws {
    let text =
      LoadTests.minimal() + "cache: { stale_if_error: 0s, stale_while_revalidate: 0s, negative_ttl: 0s }\n"
    let cache = try #require(try Fixture.load(text).cache)
    #expect(cache.staleIfError == .zero && cache.staleWhileRevalidate == .zero && cache.negativeTTL == .zero)
  }

  @Test func itIsPrintedAndReadAgain() throws {
    let text = LoadTests.minimal() + "cache: { scope: shared, ttl: 1h, redis: \"redis://u:secret-p@h\" }\n"
    let settings = try Fixture.load(text)
    #expect(settings.printed().contains("redis: \"redis://u:***@h\""))
    let plain = try Fixture.load(LoadTests.minimal() + "cache: { scope: user, ttl: 90s }\n")
    #expect(try Fixture.load(plain.printed()) == plain)
    #expect(!"\(settings)".contains("secret"))
  }

  @Test(arguments: Settings.Cached.allCases)
  func aModelSaysWhichAnswersAreKept(cached: Settings.Cached) throws {
    let text = LoadTests.minimal().replacing(
      "deployments: [d]", with: "deployments: [d], cache: \(cached.rawValue)")
    #expect(try Fixture.load(text).models[0].cached == cached)
    #expect(try Fixture.load(LoadTests.minimal()).models[0].cached == .deterministic)
  }
}
