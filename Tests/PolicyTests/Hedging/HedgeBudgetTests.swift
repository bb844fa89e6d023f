import Policy
import Testing

struct HedgeBudgetTests {
  private let twoPercent = HedgeBudget(share: 2_000_000)

  @Test func hedgesAreAShareOfTheWindowsRequests() {
    #expect(!twoPercent.allows(requests: 99, hedges: 1, sinceLast: 99))
    #expect(twoPercent.allows(requests: 100, hedges: 1, sinceLast: 0))
    #expect(twoPercent.allows(requests: 1_000, hedges: 19, sinceLast: 0))
    #expect(!twoPercent.allows(requests: 1_000, hedges: 20, sinceLast: 1_000))
  }

  @Test func whereRequestsAreFewTheFirstHedgeWaitsForItsShareOfThem() {
    #expect(!twoPercent.allows(requests: 10, hedges: 0, sinceLast: 49))
    #expect(twoPercent.allows(requests: 1, hedges: 0, sinceLast: 50))
    #expect(twoPercent.allows(requests: 0, hedges: 0, sinceLast: .max))
  }

  @Test func nothingAllowsNothingAndAllAllowsAll() {
    #expect(!HedgeBudget(share: 0).allows(requests: 1_000_000, hedges: 0, sinceLast: 1_000_000))
    #expect(HedgeBudget(share: 100_000_000).allows(requests: 7, hedges: 6, sinceLast: 1))
    #expect(!HedgeBudget(share: 100_000_000).allows(requests: 7, hedges: 7, sinceLast: 0))
  }

  /// Whatever the arrivals, no more than the share in the long run.
  @Test(arguments: [1, 7, 60]) func theShareHoldsInTheLongRun(perSecond: Int) {
    var (requests, hedges): ([Int], [Int]) = ([], [])
    var sinceLast = 0
    for _ in 0..<600 {
      requests.append(perSecond)
      hedges.append(0)
      for _ in 0..<perSecond {
        sinceLast += 1
        let (asked, sent) = (requests.suffix(10).reduce(0, +), hedges.suffix(10).reduce(0, +))
        guard twoPercent.allows(requests: asked, hedges: sent, sinceLast: sinceLast) else { continue }
        hedges[hedges.count - 1] += 1
        sinceLast = 0
      }
    }
    let share = Double(hedges.reduce(0, +)) / Double(requests.reduce(0, +))
    #expect(share <= 0.02 && share > 0.01)
  }
}
