import Testing

@testable import Policy

/// What people may do to a model's versions, and when.
struct RolloutAskTests {
  private let rules = RolloutRules()

  private func ask(_ deed: RolloutAsk.Deed, _ version: Int = 12) -> RolloutAsk {
    RolloutAsk(deed, "chat", version: version, by: "ops")
  }

  private func refusal(
    _ ask: RolloutAsk, _ state: RolloutState, _ surroundings: RolloutState.Surroundings = .init()
  ) -> RolloutRefusal? {
    var copy = state
    do throws(RolloutRefusal) {
      try copy.apply(ask, rules, surroundings, now: 5_000)
      return nil
    } catch {
      #expect(copy == state, "a refusal changes nothing")
      #expect(error.text(ask).count > 20)
      return error
    }
  }

  private var trying: RolloutState {
    var state = RolloutState()
    state.active = 11
    state.candidate = .init(version: 12, phase: .canary, since: 1)
    return state
  }

  @Test func aVersionInStagingBecomesTheCandidate() throws {
    var state = RolloutState()
    try state.apply(ask(.start), rules, .init(), now: 5_000)
    #expect(state.candidate == .init(version: 12, phase: .canary, since: 5_000))
    #expect(state.candidate?.weight == .zero)
  }

  @Test func whereCandidatesAreShadowedThatComesFirstUnlessSaidOtherwise() throws {
    var rules = rules
    rules.shadowShare = .all
    var state = RolloutState()
    try state.apply(ask(.start), rules, .init(), now: 0)
    #expect(state.candidate?.phase == .shadow)
    var direct = ask(.start)
    direct.skipsShadow = true
    state = RolloutState()
    try state.apply(direct, rules, .init(), now: 0)
    #expect(state.candidate?.phase == .canary)
  }

  @Test func onlyAVersionInStagingIsStarted() {
    var state = trying
    #expect(refusal(ask(.start), state) == .wrongStage(.canary))
    #expect(refusal(ask(.start, 11), state) == .wrongStage(.active))
    #expect(refusal(ask(.start, 13), state) == .otherCandidate(12))
    state.rollBack()
    #expect(refusal(ask(.start), state) == .wrongStage(.rolledBack))
    #expect(refusal(ask(.start, 13), state) == nil)
  }

  @Test func whatIsNotThereIsNotStarted() {
    var surroundings = RolloutState.Surroundings()
    surroundings.isRegistered = false
    #expect(refusal(ask(.start), RolloutState(), surroundings) == .notRegistered)
    surroundings = .init()
    surroundings.unreadable = "no JSON"
    #expect(refusal(ask(.start), RolloutState(), surroundings) == .unreadable("no JSON"))
    surroundings = .init()
    surroundings.missingDeployment = "gone"
    #expect(refusal(ask(.start), RolloutState(), surroundings) == .noDeployment("gone"))
    surroundings = .init()
    surroundings.isVetoed = true
    #expect(refusal(ask(.start), RolloutState(), surroundings) == .vetoed)
    #expect(refusal(ask(.promote), trying, surroundings) == .vetoed)
  }

  @Test func twoVariablesAtOnceNeedForceAndAReason() {
    var surroundings = RolloutState.Surroundings()
    surroundings.changes = ["prompt"]
    #expect(refusal(ask(.start), RolloutState(), surroundings) == nil)
    surroundings.changes = ["prompt", "parameters"]
    #expect(refusal(ask(.start), RolloutState(), surroundings) == .changesTooMuch(["prompt", "parameters"]))
    var forced = ask(.start)
    forced.isForced = true
    #expect(refusal(forced, RolloutState(), surroundings) == .needsReason)
    forced.reason = "both belong together"
    #expect(refusal(forced, RolloutState(), surroundings) == nil)
  }

  private func report(_ flaws: [String] = [], baseline: Int = 0) throws -> EvaluationReport {
    EvaluationReport(
      suite: try #require(ContentDigest(text: String(repeating: "0a", count: 32))), cases: 1,
      baseline: baseline, candidateScore: .init(passed: 1, runs: 1, latency95: 1),
      baselineScore: .init(passed: 1, runs: 1, latency95: 1), flaws: flaws, at: 1, by: "ann")
  }

  @Test func whereAGateIsClosedNothingStarts() throws {
    var rules = rules
    rules.gate = RolloutGate()
    func refusal(_ ask: RolloutAsk, _ report: EvaluationReport?, active: Int? = nil) -> RolloutRefusal? {
      var (state, surroundings) = (RolloutState(), RolloutState.Surroundings())
      (state.active, surroundings.evaluation) = (active, report)
      do throws(RolloutRefusal) {
        try state.apply(ask, rules, surroundings, now: 0)
        return nil
      } catch {
        return error
      }
    }
    let (good, bad, later) = (try report(), try report(["a"]), try report(baseline: 11))
    #expect(refusal(ask(.start), nil) == .notEvaluated("has not been evaluated"))
    #expect(refusal(ask(.start), good) == nil)
    #expect(refusal(ask(.start), bad) == .notEvaluated("has failed its evaluation (a)"))
    #expect(
      refusal(ask(.start), good, active: 11)
        == .notEvaluated("was compared with the model's own deployments, and version 11 serves now"))
    #expect(refusal(ask(.start), later, active: 11) == nil)
    var forced = ask(.start)
    forced.isForced = true
    #expect(refusal(forced, nil) == .needsReason)
    forced.reason = "a fire"
    #expect(refusal(forced, nil) == nil)
    rules.gate?.suite = ContentDigest(text: String(repeating: "0b", count: 32))
    #expect(
      refusal(ask(.start), good)
        == .notEvaluated("was evaluated by another suite than that of rollout.gate"))
    #expect(RolloutRefusal.notEvaluated("x").text(ask(.start)).contains("bundles evaluate chat 12"))
  }

  @Test func theLastStepIsNotLeftThroughAClosedGate() throws {
    var rules = rules
    var (state, promote) = (trying, ask(.promote))
    rules.gate = RolloutGate()
    promote.reason = "checked by hand"
    for _ in 1..<rules.steps.count { try state.apply(promote, rules, .init(), now: 0) }
    #expect(throws: RolloutRefusal.notEvaluated("has not been evaluated")) {
      try state.apply(promote, rules, .init(), now: 0)
    }
    var surroundings = RolloutState.Surroundings()
    surroundings.evaluation = try report(baseline: 11)
    var passed = state
    try passed.apply(promote, rules, surroundings, now: 0)
    #expect(passed.active == 12)
    promote.isForced = true
    try state.apply(promote, rules, .init(), now: 0)
    #expect(state.active == 12)
  }

  @Test func ofTwoWhoSawTheSameOneLoses() throws {
    var state = trying
    state.revision = 17
    var (first, second) = (ask(.pause), ask(.abort))
    (first.expected, second.expected) = (17, 17)
    try state.apply(first, rules, .init(), now: 0)
    state.revision = 18
    #expect(refusal(second, state) == .conflict(revision: 18))
  }

  @Test func pausedGoesOnOnlyByHand() throws {
    var state = trying
    #expect(refusal(ask(.resume), state) == .notPaused)
    try state.apply(ask(.pause), rules, .init(), now: 0)
    #expect(state.candidate?.hold == .paused)
    try state.apply(ask(.resume), rules, .init(), now: 9)
    #expect(state.candidate?.hold == nil)
    #expect(state.candidate?.since == 1, "what is known against it stays known")
  }

  @Test func whatShowedNothingBeginsItsStepAnewByHand() throws {
    var state = trying
    state.candidate?.hold = .inconclusive
    try state.apply(ask(.resume), rules, .init(), now: 9)
    #expect(state.candidate?.hold == nil && state.candidate?.since == 9)
  }

  /// What people write comes back byte by byte, blanks, signs and letters that join the one before them included.
  @Test func whatIsAskedIsReadAsItWasWritten() throws {
    var chance = Chance(seed: 23)
    for _ in 0..<2_000 {
      let deed = RolloutAsk.Deed.allCases[chance.below(RolloutAsk.Deed.allCases.count)]
      var ask = RolloutAsk(
        deed, "m" + text(&chance), version: 1 + chance.below(1_000_000_000), by: text(&chance))
      if chance.below(2) == 0 { ask.reason = text(&chance) }
      if chance.below(2) == 0 { ask.expected = Int64(chance.below(1 << 40)) }
      (ask.isForced, ask.skipsShadow) = (chance.below(2) == 0, chance.below(2) == 0)
      let read = try #require(RolloutAsk(text: ask.text), "\(ask.text)")
      #expect(read == ask)
      #expect(read.reason.map { Array($0.utf8) } == ask.reason.map { Array($0.utf8) }, "\(ask.text)")
      #expect(!ask.text.utf8.contains { $0 < 0x20 || $0 == 0x7F })
      let (blanks, signs) = (UInt8(ascii: " "), UInt8(ascii: "="))
      #expect(ask.text.utf8.count { $0 == blanks } == ask.text.utf8.count { $0 == signs }, "\(ask.text)")
    }
  }

  private static let pieces = [
    "a", "Z", "7", " ", "  ", "=", "%", "%20", "%zz", "\t", "\n", "\r\n", "\u{0}", "\u{7F}", "ä", "\u{308}",
    "\u{20AC}", "\u{4E16}",
    "\u{1F469}\u{200D}\u{1F4BB}", "\u{2028}", "\u{FEFF}", "reason=x", " force=1", "\\", "\"",
  ]

  private func text(_ chance: inout Chance) -> String {
    (0..<chance.below(12)).map { _ in Self.pieces[chance.below(Self.pieces.count)] }.joined()
  }

  @Test func promotingGoesStepByStepAndNeedsAReason() throws {
    var state = trying
    var promote = ask(.promote)
    #expect(refusal(promote, state) == .needsReason)
    promote.reason = "checked by hand"
    for step in 1..<rules.steps.count {
      try state.apply(promote, rules, .init(), now: 0)
      #expect(state.candidate?.step == step)
    }
    try state.apply(promote, rules, .init(), now: 7)
    #expect(state.active == 12)
    #expect(state.deprecated == [.init(version: 11, sunset: 7 + rules.sunset)])
    #expect(refusal(promote, state) == .wrongStage(.active))
  }

  @Test func forcedItServesAtOnce() throws {
    var state = trying
    var promote = ask(.promote)
    (promote.reason, promote.isForced) = ("night", true)
    try state.apply(promote, rules, .init(), now: 0)
    #expect(state.active == 12)
  }

  @Test func abortedIsForEver() throws {
    var state = trying
    #expect(refusal(ask(.abort, 13), state) == .wrongStage(.staging))
    try state.apply(ask(.abort), rules, .init(), now: 0)
    #expect(state.stage(of: 12) == .rolledBack)
    #expect(refusal(ask(.start), state) == .wrongStage(.rolledBack))
  }
}
