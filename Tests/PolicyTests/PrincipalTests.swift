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

  @Test func aKeyWhosePatternsFitNoModelMayUseNone() {
    #expect(!(0..<100).contains { principal([]).allows($0) })
  }
}
