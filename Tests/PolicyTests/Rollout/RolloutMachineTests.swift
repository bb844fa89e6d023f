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

  @Test func aShadowIsNoCanary() {
    let shadow = RolloutState.Candidate(version: 12, phase: .shadow, since: 0)
    #expect(machine.decide(shadow, sight(.promote), now: 1) == .none)
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
