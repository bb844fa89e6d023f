import Testing

@testable import Policy

struct ProbeBlameTests {
  @Test func itTakesTwoCallersInOneGeneration() {
    var blame = ProbeBlame()
    func isEndpoints(_ generation: Int64, _ caller: UInt64, _ keeper: BreakerView.Keeper = .shared) -> Bool {
      blame.isEndpoints(keeper, generation, caller: caller)
    }
    #expect(!isEndpoints(7, 1) && !isEndpoints(7, 1) && !isEndpoints(7, 1))
    #expect(isEndpoints(7, 2))
    #expect(!isEndpoints(8, 1), "of another generation")
    #expect(!isEndpoints(8, 2, .own), "of another breaker")
  }
}
