import Testing

@testable import Policy

/// The line that says where a model's versions stand.
struct RolloutStateTests {
  private func canary(_ version: Int = 12) -> RolloutState.Candidate {
    RolloutState.Candidate(version: version, phase: .canary, since: 1_000)
  }

  @Test func aLineComesBackAsItWas() throws {
    var state = RolloutState()
    #expect(RolloutState(text: state.text) == state)
    state.revision = 17
    state.active = 11
    var candidate = canary()
    (candidate.step, candidate.hold) = (2, .inconclusive)
    candidate.weight = try #require(Weight(percent: "2.5"))
    for thresholds in [nil, Thresholds(), measured] {
      candidate.thresholds = thresholds
      state.candidate = candidate
      #expect(RolloutState(text: state.text) == state, "\(state.text)")
    }
    state.deprecated = [.init(version: 10, sunset: 5), .init(version: 9, sunset: 4)]
    state.rolledBack = [7, 8]
    state.unknown = [.init(name: "colour", value: "blue")]
    #expect(RolloutState(text: state.text) == state, "\(state.text)")
  }

  private var measured: Thresholds {
    var thresholds = Thresholds()
    (thresholds.slow95, thresholds.cost90, thresholds.cost99) = (812, 0, 31)
    return thresholds
  }

  @Test func wordsOfAnotherReleaseAreKept() throws {
    let state = try #require(RolloutState(text: "ver=3 active=11 region=eu future=1,2"))
    #expect(state.active == 11)
    #expect(state.unknown.map(\.name) == ["region", "future"])
    #expect(state.text == "ver=3 active=11 region=eu future=1,2")
  }

  @Test func theShareOfCopiesIsNoWeight() throws {
    var state = RolloutState()
    var candidate = RolloutState.Candidate(version: 12, phase: .shadow, since: 1)
    candidate.weight = try #require(Weight(percent: "2.5"))
    state.candidate = candidate
    #expect(state.text == "ver=0 candidate=12 state=SHADOW step=0 weight=0 copies=2.5 since=1")
    #expect(RolloutState(text: state.text) == state)
    #expect(RolloutState(text: "candidate=12 state=SHADOW step=0 weight=2.5 since=1") == state)
  }

  @Test func whatAnOlderReleaseLeftOfAStepBeforeIsNoThreshold() throws {
    let line = "ver=3 candidate=12 state=CANARY step=1 weight=5 since=1 long95=500 lowq10=800000"
    #expect(try #require(RolloutState(text: line)).candidate?.thresholds == nil)
    let state = try #require(RolloutState(text: line + " slow95=-"))
    #expect(state.candidate?.thresholds?.long95 == 500 && state.candidate?.thresholds?.slow95 == nil)
    #expect(RolloutState(text: state.text) == state)
  }

  @Test(arguments: [
    "active", "active=x", "active=0", "active=-1", "active=99999999999", "active=1 active=2", "ver=-1",
    "candidate=12", "candidate=12 state=ACTIVE step=0 weight=1 since=1",
    "candidate=12 state=CANARY step=-1 weight=1 since=1",
    "candidate=12 state=CANARY step=0 weight=101 since=1",
    "candidate=12 state=CANARY step=0 weight=1 since=1 hold=forever",
    "candidate=12 state=CANARY step=0 weight=1 since=1 slow95=-4",
    "deprecated=10", "deprecated=10@x", "deprecated=10@1,", "rolledback=1,,2",
  ])
  func whatNoLeaderWroteIsNoState(text: String) {
    #expect(RolloutState(text: text) == nil)
  }

  @Test func aVersionStandsInOneStage() {
    var state = RolloutState()
    state.active = 11
    state.candidate = canary()
    state.deprecated = [.init(version: 10, sunset: 5)]
    state.rolledBack = [9]
    #expect(
      [11, 12, 10, 9, 13].map { state.stage(of: $0) } == [
        .active, .canary, .deprecated, .rolledBack, .staging,
      ])
    state.rollBack()
    #expect(state.stage(of: 12) == .rolledBack)
    #expect(state.candidate == nil)
    #expect(state.active == 11)
  }

  @Test func whatIsRolledBackElsewhereIsSoHere() {
    var (state, other) = (RolloutState(), RolloutState())
    (state.active, state.candidate, state.rolledBack) = (11, canary(), [9])
    other.rolledBack = [8, 9, 11]
    state.keepRolledBack(of: other)
    #expect(state.rolledBack == [8, 9] && state.active == 11 && state.candidate?.version == 12)
    other.rolledBack = [12]
    state.keepRolledBack(of: other)
    #expect(state.rolledBack == [12, 8, 9] && state.candidate == nil)
    (state.rolledBack, other.rolledBack) = (Array(101...200), Array(90...110))
    state.keepRolledBack(of: other)
    #expect(state.rolledBack == Array(101...200), "the latest are remembered")
  }

  @Test func whoeverIsPromotedReplacesTheOneBefore() {
    var state = RolloutState()
    state.active = 11
    state.candidate = canary()
    state.promote(sunset: 99)
    #expect(state.active == 12)
    #expect(state.deprecated == [.init(version: 11, sunset: 99)])
    #expect(state.candidate == nil)
    state.promote(sunset: 100)
    #expect(state.active == 12)
  }
}
