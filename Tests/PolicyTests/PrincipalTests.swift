import Policy
import Testing

struct PrincipalTests {
  private func principal(_ models: Set<Int>?) -> Principal {
    Principal(tenant: "acme", key: "ci", team: "search", tier: "pro", models: models)
  }

  @Test func aKeyWithoutModelsMayUseAll() {
    #expect((0..<100).allSatisfy { principal(nil).allows($0) })
  }

  @Test func aKeyWithModelsMayUseThoseAlone() {
    let principal = principal([1, 3])
    #expect((0..<5).filter { principal.allows($0) } == [1, 3])
  }

  /// Ids whose letters differ in their high bits alone; and many that count up.
  @Test func callersAreSpreadOverTheCells() {
    func cell(_ key: String) -> Int {
      BreakerCounts.cell(
        ofHash: Principal(tenant: "acme", key: key, team: nil, tier: nil, models: nil).caller)
    }
    #expect(Set(["1", "A", "Q", "a", "q"].map { cell("key-\($0)") }).count > 2)
    let counts = Dictionary(grouping: 0..<1_600, by: { cell("key-\($0)") }).mapValues(\.count)
    #expect(counts.count == BreakerCounts.cellCount && counts.values.allSatisfy { (60...140).contains($0) })
  }

  @Test func aKeyWhosePatternsFitNoModelMayUseNone() {
    #expect(!(0..<100).contains { principal([]).allows($0) })
  }
}
