import Policy
import Settings
import Testing

/// How versions take over.
struct RolloutTests {
  private func load(_ rollout: String) throws -> Settings {
    try Fixture.load(LoadTests.minimal() + "rollout: \(rollout)\n")
  }

  @Test func absentKeysHaveTheirDefaults() throws {
    let rollout = try load("{ min_requests: 300 }").rollout
    #expect(rollout == Settings.Rollout() && rollout.steps == [100, 200, 500, 1_000, 2_500])
    #expect(
      (rollout.minTime, rollout.maxTime, rollout.trafficHour) == (
        .seconds(300), .seconds(7_200), .seconds(3_600)
      ))
    #expect(
      (rollout.errorRatio, rollout.latencyRatio, rollout.costRatio) == (1_500_000, 1_250_000, 1_250_000))
    #expect(
      (rollout.lease, rollout.bakeTime, rollout.sunset) == (.seconds(5), .seconds(600), .seconds(30 * 86_400))
    )
    #expect(rollout.shadow == .init(sample: 0, budget: nil) && rollout.minRequests == 300)
  }

  @Test func allOfItIsRead() throws {
    let rollout = try load(
      """
      { steps: [0.01, 2.5%, 99.99%], min_requests: 20, min_time: 5s, max_time: 2m, traffic_hour: 1m, bake_time: 0s,
        error_ratio: 2, latency_ratio: 1.125, cost_ratio: 1, lease: 300ms, shadow: { sample: 12.5%, budget: 0.5 }, sunset: 1d }
      """
    ).rollout
    #expect(rollout.steps == [1, 250, 9_999] && rollout.minRequests == 20)
    #expect(
      (rollout.minTime, rollout.maxTime, rollout.trafficHour) == (.seconds(5), .seconds(120), .seconds(60)))
    #expect(
      (rollout.errorRatio, rollout.latencyRatio, rollout.costRatio) == (2_000_000, 1_125_000, 1_000_000))
    #expect(
      (rollout.lease, rollout.bakeTime, rollout.sunset) == (.milliseconds(300), .zero, .seconds(86_400)))
    #expect(rollout.shadow == .init(sample: 1_250, budget: 500_000))
  }

  /// Whoever judges by another one would trap.
  @Test(arguments: ["error_ratio", "latency_ratio", "cost_ratio"])
  func allRatiosThatMayBeWrittenCanBeJudgedBy(key: String) throws {
    let rules = try load("{ \(key): 32 }").rollout.rules
    #expect(StageJudge(rules.promotion(step: 0)).requests == 0)
    #expect(throws: SettingsErrors.self) { try load("{ \(key): 32.5 }") }
  }

  @Test func narrowStepsNeedNoHour() throws {
    #expect(try load("{ steps: [1, 9.99], max_time: 30m }").rollout.maxTime == .seconds(1_800))
    #expect(throws: SettingsErrors.self) { try load("{ steps: [1, 10], max_time: 30m }") }
  }

  @Test func copiesHaveLimits() throws {
    let shadow = try load(
      "{ shadow: { sample: 10%, budget: 5, max_concurrent: 2, timeout: 1500ms, tools: true } }"
    ).rollout.shadow
    #expect((shadow.sample, shadow.budget, shadow.maxConcurrent) == (1_000, 5_000_000, 2))
    #expect(shadow.timeout == .milliseconds(1_500) && shadow.tools)
    let usual = try load("{ shadow: { sample: 10%, budget: 5 } }").rollout
    #expect((usual.shadow.maxConcurrent, usual.shadow.timeout) == (8, .seconds(60)) && !usual.shadow.tools)
    #expect(usual.rules.shadowShare == Weight(hundredths: 1_000) && usual.rules.shadows)
  }

  @Test func aJudgeIsAnotherModel() throws {
    let models = LoadTests.minimal(models: "m: { deployments: [d] }, big: { deployments: [d] }")
    func judge(_ judge: String) throws -> Settings.Judge? {
      try Fixture.load(models + "rollout: { shadow: { sample: 10%, budget: 5, judge: \(judge) } }\n")
        .rollout.shadow.judge
    }
    #expect(try judge("{ model: big, sample: 2.5% }") == Settings.Judge(model: "big", sample: 250))
    #expect(try judge("{ model: m }") == Settings.Judge(model: "m", sample: 10_000))
    #expect(try load("{ shadow: { sample: 10%, budget: 5 } }").rollout.shadow.judge == nil)
    let text = models + "rollout: { shadow: { sample: 1%, budget: 5, judge: { model: big, sample: 7% } } }\n"
    let settings = try Fixture.load(text)
    #expect(try Fixture.load(settings.printed()).rollout == settings.rollout)
  }

  @Test func shadowsMayBeTurnedOffInOneWord() throws {
    #expect(try load("{ shadow: 0 }").rollout == Settings.Rollout())
  }

  @Test func aGateMayHaveASuite() throws {
    let gate = try #require(try load("{ gate: { suite: suite.jsonl, required: true } }").rollout.gate)
    #expect(gate.isRequired && gate.suite?.path == "suite.jsonl" && gate.suite?.text.isEmpty == false)
    let zeros = { (_: [UInt8]) in [UInt8](repeating: 0, count: 32) }
    var rollout = Settings.Rollout()
    #expect(rollout.wantedGate(sha256: zeros) == nil)
    rollout.gate = gate
    #expect(rollout.wantedGate(sha256: zeros)?.suite?.text == String(repeating: "0", count: 64))
    rollout.gate?.isRequired = false
    #expect(rollout.wantedGate(sha256: zeros) == nil)
  }

  @Test func itIsPrintedAndReadAgain() throws {
    for text in [
      "{ lease: 5s }", "{ lease: 6s, shadow: { sample: 1, budget: 3, timeout: 90s, tools: true } }",
      "{ gate: { suite: suite.jsonl, required: true } }",
    ] {
      let settings = try load(text)
      let printed = settings.printed()
      #expect(printed.split(separator: "\n").contains("rollout:"), "\(printed)")
      #expect(try Fixture.load(printed).rollout == settings.rollout)
      #expect(settings.unbuilt.isEmpty)
    }
  }
}
