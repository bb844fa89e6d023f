import Testing

@testable import Policy

/// What becomes of a candidate, and in which order reasons count.
struct RolloutMachineTests {
  private let machine = RolloutMachine(RolloutRules())

  private func canary(measured: Bool = true) -> RolloutState.Candidate {
    var candidate = RolloutState.Candidate(version: 12, phase: .canary, since: 0)
    if measured { candidate.thresholds = Thresholds() }
    candidate.weight = Weight(hundredths: 100) ?? .zero
    return candidate
  }

  private func sight(_ verdict: StageVerdict) -> RolloutMachine.Sight { .init(verdict: verdict) }

  @Test func harmGoesBeforeEverything() {
    var paused = canary()
    paused.hold = .paused
    for candidate in [canary(), canary(measured: false), paused] {
      #expect(
        machine.decide(candidate, sight(.rollBack(.metric(.err))), now: 1)
          == .rollBack(.stage(.metric(.err))))
      var vetoed = sight(.promote)
      vetoed.isVetoed = true
      #expect(machine.decide(candidate, vetoed, now: 1) == .rollBack(.veto))
      var cutOff = sight(.promote)
      cutOff.isCutOff = true
      #expect(machine.decide(candidate, cutOff, now: 1) == .rollBack(.breaker))
    }
  }

  @Test func aBreakerOfWhoHasNoTrafficSaysNothing() {
    var (candidate, cutOff) = (canary(), sight(.gathering([])))
    candidate.weight = .zero
    cutOff.isCutOff = true
    #expect(machine.decide(candidate, cutOff, now: 1) == .none)
  }

  @Test func whatIsPausedStays() {
    var paused = canary()
    paused.hold = .paused
    #expect(machine.decide(paused, sight(.promote), now: 1) == .none)
  }

  private var shadowing: RolloutRules {
    var rules = RolloutRules()
    rules.shadowShare = Weight(hundredths: 1_250) ?? .zero
    return rules
  }

  @Test func copiesBeginOnceTheBaselineIsKnown() {
    let machine = RolloutMachine(shadowing)
    var shadow = RolloutState.Candidate(version: 12, phase: .shadow, since: 0)
    #expect(machine.decide(shadow, sight(.promote), now: 1) == .none)
    #expect(
      machine.decide(shadow, sight(.gathering([])), now: 60_000)
        == .begin(Thresholds(), Weight(hundredths: 1_250) ?? .zero))
    shadow.thresholds = Thresholds()
    #expect(machine.decide(shadow, sight(.promote), now: 1) == .goOn)
    #expect(machine.decide(shadow, sight(.inconclusive([])), now: 1) == .hold)
    #expect(
      machine.decide(shadow, sight(.rollBack(.metric(.refusal))), now: 1)
        == .rollBack(.stage(.metric(.refusal))))
  }

  @Test func copiesOpenNoBreakers() {
    var (shadow, cutOff) = (
      RolloutState.Candidate(version: 12, phase: .shadow, since: 0), sight(.gathering([]))
    )
    (shadow.weight, shadow.thresholds, cutOff.isCutOff) = (.all, Thresholds(), true)
    #expect(RolloutMachine(shadowing).decide(shadow, cutOff, now: 1) == .none)
  }

  @Test func whereNoCopiesAreMadeAnyMoreACandidateGoesOn() {
    var shadow = RolloutState.Candidate(version: 12, phase: .shadow, since: 0)
    #expect(machine.decide(shadow, sight(.gathering([])), now: 1) == .goOn)
    shadow.hold = .paused
    #expect(machine.decide(shadow, sight(.gathering([])), now: 1) == .none)
  }

  @Test func behindItsCopiesACandidateServesNobodyAtFirst() {
    var state = RolloutState()
    var shadow = RolloutState.Candidate(version: 12, phase: .shadow, since: 0)
    (shadow.weight, shadow.thresholds) = (.all, Thresholds())
    state.candidate = shadow
    state.goOn(shadowing, now: 7)
    #expect(state.candidate == RolloutState.Candidate(version: 12, phase: .canary, since: 7))
  }

  @Test func copiesAreJudgedByMoreAndCountAsAStage() {
    var shadow = RolloutState.Candidate(version: 12, phase: .shadow, since: 0)
    shadow.thresholds = Thresholds()
    shadow.thresholds?.slow95 = 100
    let rules = shadowing
    let rule = rules.promotion(of: shadow)
    #expect(rule.metrics[.refusal] != nil && rule.metrics[.format] != nil && rule.metrics[.slow95] != nil)
    #expect(rule.metrics[.long95] == nil && rule.metrics[.cost90] == nil, "the baseline has none of it")
    #expect(rule.leastRequests == rules.minRequests && rule.leastTime == .seconds(300))
    #expect(rule.harmLevel == rules.falseAlarm / 6)
    var canary = shadow
    canary.phase = .canary
    #expect(rules.promotion(of: canary).metrics[.refusal] == nil)
    #expect(rules.promotion(of: canary).harmLevel == rules.falseAlarm / 6)
    #expect(RolloutRules().promotion(of: canary).harmLevel == rules.falseAlarm / 5)
  }

  @Test func whatIsProvedGoesOn() {
    #expect(machine.decide(canary(), sight(.promote), now: 1) == .goOn)
    #expect(machine.decide(canary(), sight(.gathering([.requests(3)])), now: 1) == .none)
  }

  @Test func whatWasNotEvaluatedWaitsAtItsLastStep() {
    var (candidate, closed) = (canary(), sight(.promote))
    closed.mayServe = false
    #expect(machine.decide(candidate, closed, now: 1) == .goOn, "there are steps before")
    candidate.step = machine.rules.steps.count - 1
    #expect(machine.decide(candidate, closed, now: 1) == .none)
    #expect(machine.decide(candidate, sight(.promote), now: 1) == .goOn)
  }

  @Test func whatIsNotProvedInTimeIsHeldOnceAndMayStillProveItself() {
    var candidate = canary()
    #expect(machine.decide(candidate, sight(.inconclusive([.metric(.err)])), now: 1) == .hold)
    candidate.hold = .inconclusive
    #expect(machine.decide(candidate, sight(.inconclusive([.metric(.err)])), now: 1) == .none)
    #expect(machine.decide(candidate, sight(.promote), now: 1) == .goOn)
  }

  @Test func aStepBeginsOnceTheBaselineIsKnown() {
    var known = sight(.gathering([]))
    #expect(machine.decide(canary(measured: false), known, now: 1) == .none)
    for number in 1...300 { known.baseline.latency.add(Double(number)) }
    guard case .begin(let thresholds, let weight) = machine.decide(canary(measured: false), known, now: 1)
    else {
      Issue.record("it does not begin")
      return
    }
    #expect(weight == machine.rules.steps[0])
    // Within the sketch's 2 %.
    #expect((279...291).contains(thresholds.slow95 ?? 0))
    #expect(thresholds.ttft95 == nil)
  }

  @Test func aBaselineWithoutTrafficIsNotWaitedForForever() {
    let machine = machine
    let late = machine.rules.measuring
    #expect(machine.decide(canary(measured: false), sight(.gathering([])), now: late - 1) == .none)
    #expect(
      machine.decide(canary(measured: false), sight(.gathering([])), now: late)
        == .begin(Thresholds(), machine.rules.steps[0]))
  }

  @Test func largeStepsLastAnHourAndTheLastOneIsBaked() {
    var rules = RolloutRules()
    rules.bakeTime = 7_200_000
    #expect((0..<5).map { rules.leastTime(of: $0) } == [300_000, 300_000, 300_000, 3_600_000, 7_200_000])
    #expect(rules.promotion(step: 4).mostTime >= rules.promotion(step: 4).leastTime)
  }
}
