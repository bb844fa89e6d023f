import Testing

@testable import Policy

/// No tenant is most of what a version is judged by.
struct EvidenceShareTests {
  /// How many of each tenant's requests count, which come in turn, so many of each.
  private func admitted(_ tenants: [(String, Int)], rounds: Int) -> [String: Int] {
    var share = EvidenceShare(now: 0)
    var counts: [String: Int] = [:]
    for _ in 0..<rounds {
      for (tenant, times) in tenants {
        for _ in 0..<times where share.admits(tenant, .canary, now: 1) { counts[tenant, default: 0] += 1 }
      }
    }
    return counts
  }

  @Test func aloneATenantIsAll() {
    #expect(admitted([("a", 1)], rounds: 100) == ["a": 100])
  }

  @Test func ofManyNoneIsMoreThanAFifth() throws {
    let counts = admitted([("a", 95), ("b", 2), ("c", 1), ("d", 1), ("e", 1)], rounds: 200)
    let all = counts.values.reduce(0, +)
    #expect(try #require(counts["a"]) <= all / 5 + 5)
    #expect(all >= 900, "the others' requests count")
  }

  @Test func twoShareEvenlyAndNeitherStopsTheOther() throws {
    let counts = admitted([("a", 9), ("b", 1)], rounds: 100)
    #expect(try #require(counts["b"]) >= 99)
    #expect(abs(try #require(counts["a"]) - 100) <= 5)
  }

  @Test func armsAreCountedApart() {
    var share = EvidenceShare(now: 0)
    for tenant in ["a", "b", "c", "d", "e"] {
      let isIn = share.admits(tenant, .baseline, now: 1)
      #expect(isIn)
    }
    for _ in 0..<3 { _ = share.admits("a", .baseline, now: 1) }
    let (ofOne, ofTheOther) = (share.admits("a", .baseline, now: 1), share.admits("a", .canary, now: 1))
    #expect(!ofOne)
    #expect(ofTheOther)
  }

  @Test func aMinuteLaterItBeginsAnew() {
    var share = EvidenceShare(now: 0)
    for tenant in ["a", "b", "c", "d", "e"] { _ = share.admits(tenant, .canary, now: 1) }
    while share.admits("a", .canary, now: 1) {}
    let before = share.admits("a", .canary, now: EvidenceShare.window - 1)
    let after = share.admits("a", .canary, now: EvidenceShare.window)
    #expect(!before)
    #expect(after)
  }
}
