import Testing

@testable import Policy

/// What a replica makes of a candidate alone.
struct LocalVetoTests {
  private var candidate: RolloutState.Candidate {
    var candidate = RolloutState.Candidate(version: 12, phase: .canary, since: 1)
    candidate.thresholds = Thresholds()
    return candidate
  }

  private func seconds(canaryErrors: Int64, baselineErrors: Int64, replicas: Int = 3) -> Int? {
    var veto = LocalVeto(candidate)
    for second in 1...600 {
      let counts = ArmCounts(
        canary: .init(10, events: canaryErrors), baseline: .init(100, events: baselineErrors))
      if veto.fold(.init([.err: counts]), replicas: replicas) == .err { return second }
    }
    return nil
  }

  @Test func aBrokenCandidateIsStoppedWithinSeconds() throws {
    #expect(try #require(seconds(canaryErrors: 10, baselineErrors: 1)) <= 5)
  }

  @Test func whatBothHaveStopsNobody() {
    #expect(seconds(canaryErrors: 1, baselineErrors: 10) == nil)
    #expect(seconds(canaryErrors: 10, baselineErrors: 100) == nil)
  }

  @Test func moreReplicasAskForMoreEvidence() throws {
    let (few, many) = (
      seconds(canaryErrors: 3, baselineErrors: 3, replicas: 1),
      seconds(canaryErrors: 3, baselineErrors: 3, replicas: 10_000)
    )
    #expect(try #require(few) < #require(many))
  }

  @Test func anotherStepIsAnother() {
    let veto = LocalVeto(candidate)
    var next = candidate
    #expect(veto.isOf(next))
    next.weight = .all
    #expect(veto.isOf(next), "the weight alone changes nothing")
    next.step = 1
    #expect(!veto.isOf(next))
  }
}
