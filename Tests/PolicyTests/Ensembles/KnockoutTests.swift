import Policy
import Testing

/// Which of several answers is the best, where two at a time are compared.
struct KnockoutTests {
  @Test func whoIsBetterStaysAndOfEqualsTheEarlier() throws {
    var knockout = try #require(Knockout([3, 1, 2, 0]))
    #expect(knockout.champion == 3 && knockout.challenger == 1)
    knockout.settle(.same)
    #expect(knockout.champion == 3 && knockout.challenger == 2)
    knockout.settle(.better)
    #expect(knockout.champion == 2 && knockout.challenger == 0)
    knockout.settle(.worse)
    #expect(knockout.champion == 2 && knockout.challenger == nil)
    #expect(Knockout([])?.champion == nil)
    #expect(Knockout([7])?.challenger == nil && Knockout([7])?.champion == 7)
  }

  @Test func whatDependsOnTheOrderIsNoVerdict() {
    for verdict in PairVerdict.allCases {
      #expect(PairVerdict.agreed(verdict, verdict) == verdict)
      #expect(PairVerdict.agreed(verdict, nil) == .same && PairVerdict.agreed(nil, verdict) == .same)
    }
    #expect(PairVerdict.agreed(.better, .worse) == .same && PairVerdict.agreed(.worse, .same) == .same)
    #expect(PairVerdict.agreed(nil, nil) == .same)
  }
}
