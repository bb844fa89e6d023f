import Foundation
import Policy
import Testing

/// The learned choice beside all that is simpler. `CHOICE_TABLE=1` makes the table one of long runs; that wants a release build.
@Suite(.timeLimit(.minutes(10)))
struct ChoiceSimulationTests {
  @Test func whereItIsBetterItDecidesAndBeatsEveryBaseline() {
    var world = ChoiceSimulation(ChoiceSimulation.mixed, judged: 0.6, seed: 1)
    world.run(samples: 6_000)
    #expect(world.began != nil, "\(world.table("mixed"))")
    world.forgetScores()
    world.run(samples: 1_000)
    let best = world.bestSingle.mean
    #expect(world.learned.mean > best + 0.03, "\(world.table("mixed"))")
    for name in ["random", "cheapest", "length rule"] {
      #expect(world.learned.mean > (world.scores[name]?.mean ?? 1), "\(name)")
    }
    #expect(world.learned.mean < (world.scores["oracle"]?.mean ?? 0))
  }

  /// A choice that has nothing to win must not decide, however often one looks.
  @Test(arguments: 1...4 as ClosedRange<UInt64>)
  func whereItIsNoBetterItSwitchesItselfOff(seed: UInt64) {
    var world = ChoiceSimulation(ChoiceSimulation.plain, judged: 1, seed: seed)
    world.run(samples: 4_000)
    #expect(world.began == nil, "\(world.table("plain"))")
    #expect(world.verdict.standing == .idle && world.verdict.rival == 0, "\(world.table("plain"))")
  }

  /// What it is said to be worth while others choose is what it is worth.
  @Test func whatIsEstimatedFromOthersChoicesIsTrue() throws {
    var world = ChoiceSimulation(ChoiceSimulation.mixed, judged: 1, seed: 3)
    world.run(samples: 900)
    #expect(world.verdict.standing == .gathering)
    world.run(samples: 5_100)
    let estimated = try #require(world.verdict.worth)
    #expect(abs(estimated - world.truth.mean) < 0.06, "\(estimated) and \(world.truth.mean)")
    let rival = try #require(world.verdict.rivalWorth)
    #expect(abs(rival - world.bestSingle.mean) < 0.06, "\(rival) and \(world.bestSingle.mean)")
  }

  @Test func theTable() {
    let isLong = ProcessInfo.processInfo.environment["CHOICE_TABLE"] != nil
    for (name, kinds) in [("mixed", ChoiceSimulation.mixed), ("plain", ChoiceSimulation.plain)] {
      for seed in 1...(isLong ? 3 : 1) as ClosedRange<UInt64> {
        var world = ChoiceSimulation(kinds, judged: 0.3, seed: seed)
        world.run(samples: isLong ? 30_000 : 2_000)
        print(world.table("\(name), seed \(seed)"))
      }
    }
    let runs: UInt64 = isLong ? 200 : 2
    var falseAlarms = 0
    for seed in 1...runs {
      var world = ChoiceSimulation(ChoiceSimulation.plain, judged: 1, seed: 1_000 + seed)
      world.run(samples: 5_000)
      if world.began != nil { falseAlarms += 1 }
    }
    print("plain, \(runs) seeds of 5,000 judged answers: decided in \(falseAlarms)")
    #expect(falseAlarms <= (isLong ? 6 : 0))
  }
}
