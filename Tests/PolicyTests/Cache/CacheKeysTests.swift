import Testing

@testable import Policy

struct CacheKeysTests {
  private func keys(_ tenant: String?) -> CacheKeys? { CacheKeys(tenant: tenant, hash: "00ff") }

  @Test func allKeysOfAnAnswerHaveOneTag() throws {
    let keys = try #require(self.keys("acme"))
    #expect(keys.answer == "sy:{c:acme:00ff}:answer")
    #expect(keys.lock == "sy:{c:acme:00ff}:lock" && keys.channel == "sy:ev:c:acme:00ff")
  }

  @Test(arguments: ["a{b", "a}b", "a:b", "a b", "a\nb", "a*b", "a?b", "a[b", "a\\b", "ä", "\0", "a%7Bb", "~"])
  func noTenantsNameBreaksAKey(_ tenant: String) throws {
    let keys = try #require(self.keys(tenant))
    #expect(keys.answer.wholeMatch(of: #/sy:\{c:[A-Za-z0-9%]+:00ff\}:answer/#) != nil, "\(keys.answer)")
  }

  @Test func differentTenantsNeverShareAKey() {
    let tenants = ["a", "A", "a:b", "a%3Ab", "a%3ab", "~", "%7E", "a{", "a}", "ab", nil]
    #expect(Set(tenants.map { keys($0)?.answer }).count == tenants.count)
  }

  @Test func aTenantWithoutANameOrWithAVeryLongOneHasNoKey() {
    #expect(keys("") == nil && CacheKeys.pattern(tenant: "") == nil)
    #expect(keys(String(repeating: "x", count: 256)) != nil)
    #expect(keys(String(repeating: "x", count: 257)) == nil)
    #expect(keys(String(repeating: "{", count: 10_000)) == nil)
  }

  @Test func aPatternIsOfOneTenantAlone() {
    #expect(CacheKeys.pattern(tenant: "a*") == "sy:{c:a%2A:*")
    #expect(CacheKeys.pattern(tenant: nil) == "sy:{c:~:*")
  }
}
