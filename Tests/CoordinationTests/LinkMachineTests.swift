import Policy
import Testing

@testable import Coordination

struct LinkMachineTests {
  private static func machine(_ state: LinkMachine.State) -> LinkMachine {
    var machine = LinkMachine()
    var random = Chance(seed: 1)
    if state == .idle { return machine }
    _ = machine.start()
    if state == .connecting { return machine }
    _ = machine.connected()
    if state == .greeting { return machine }
    _ = machine.greeted(accepted: true)
    if state == .ready { return machine }
    if state == .waiting { _ = machine.ended(random: &random) } else { _ = machine.close() }
    return machine
  }

  @Test func itConnectsGreetsAndIsThere() {
    var machine = LinkMachine()
    let begin = machine.start()
    let meet = machine.connected()
    let answer = machine.greeted(accepted: true)
    #expect((begin, meet, answer) == (.connect, .greet, .announce))
    #expect(machine.state == .ready)
  }

  @Test func aRefusedGreetingEndsTheConnectionAndIsTriedAgain() {
    var machine = Self.machine(.greeting)
    var random = Chance(seed: 7)
    let answer = machine.greeted(accepted: false)
    let again = machine.greeted(accepted: false)
    #expect((answer, again) == (.discard, .none), "told once, however many replies refuse")
    guard case .wait(_, wasReady: false) = machine.ended(random: &random) else {
      Issue.record("it does not wait")
      return
    }
    let begin = machine.waited()
    #expect(begin == .connect)
  }

  @Test func pausesGrowAndAreOfChance() {
    var machine = Self.machine(.connecting)
    var random = Chance(seed: 7)
    var pauses: [Int64] = []
    for failure in 0..<12 {
      guard case .wait(let pause, _) = machine.ended(random: &random) else { break }
      let ceiling = min(LinkMachine.longestPause, LinkMachine.firstPause << Int64(failure))
      #expect((ceiling / 5...ceiling).contains(pause))
      pauses.append(pause)
      _ = machine.waited()
    }
    #expect(Set(pauses).count == 12)
  }

  @Test func beingThereForgetsFormerFailures() {
    var machine = Self.machine(.connecting)
    var random = Chance(seed: 7)
    for _ in 0..<8 {
      _ = machine.ended(random: &random)
      _ = machine.waited()
    }
    _ = machine.connected()
    _ = machine.greeted(accepted: true)
    guard case .wait(let pause, wasReady: true) = machine.ended(random: &random) else {
      Issue.record("a loss is not told")
      return
    }
    #expect(pause <= LinkMachine.firstPause)
  }

  @Test(arguments: [LinkMachine.State.greeting, .ready])
  func aDroppedConnectionIsALossOnce(state: LinkMachine.State) {
    var machine = Self.machine(state)
    var random = Chance(seed: 7)
    let (drop, again) = (machine.drop(), machine.drop())
    #expect((drop, again) == (.discard(wasReady: state == .ready), .none))
    guard case .wait(_, wasReady: false) = machine.ended(random: &random) else {
      Issue.record("it does not wait, or the loss is told twice")
      return
    }
    let begin = machine.waited()
    #expect(begin == .connect)
  }

  @Test(arguments: [LinkMachine.State.idle, .connecting, .waiting, .closed])
  func whereNoConnectionIsNoneIsDropped(state: LinkMachine.State) {
    var machine = Self.machine(state)
    let drop = machine.drop()
    #expect(drop == .none)
    #expect(machine.state == state)
  }

  @Test(arguments: [LinkMachine.State.idle, .waiting, .closed])
  func whatHasEndedAlreadyEndsNotAgain(state: LinkMachine.State) {
    var machine = Self.machine(state)
    var random = Chance(seed: 7)
    let end = machine.ended(random: &random)
    #expect(end == .none)
  }

  @Test(arguments: [LinkMachine.State.idle, .connecting, .greeting, .ready, .waiting, .closed])
  func nothingFollowsAClose(state: LinkMachine.State) {
    var machine = Self.machine(state)
    var random = Chance(seed: 7)
    let hasConnection = machine.close()
    #expect(hasConnection == (state == .greeting || state == .ready))
    let (begin, again, meet) = (machine.start(), machine.waited(), machine.connected())
    #expect((begin, again, meet) == (.none, .none, .discard))
    let (answer, end) = (machine.greeted(accepted: true), machine.ended(random: &random))
    #expect((answer, end) == (.none, .none))
    #expect(machine.state == .closed)
  }
}
