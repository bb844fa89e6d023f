import Coordination
import Policy
import Testing

@testable import Control

/// What people see of versions, and what they have done to them.
struct RolloutDeskTests {
  private let world = ControlUnderTest()

  private func ask(_ deed: RolloutAsk.Deed, _ version: Int = 1) -> RolloutAsk {
    RolloutAsk(deed, "chat", version: version, by: "ops")
  }

  /// Does something while a controller goes its rounds.
  private func led<Value: Sendable>(
    by controller: Controller, _ body: (RolloutDesk) async throws -> Value
  ) async throws -> Value {
    let world = world
    let rounds = Task {
      while !Task.isCancelled {
        await controller.round()
        world.pass(100)
        try? await Task.sleep(for: .milliseconds(5))
      }
    }
    defer { rounds.cancel() }
    return try await body(try await world.desk())
  }

  private func bundle(_ version: Int, _ deployment: String = "small", temperature: String? = nil) throws
    -> Bundle
  {
    var parameters: [String: JSONLiteral] = [:]
    if let number = temperature.flatMap({ JSONNumber($0) }) { parameters["temperature"] = .number(number) }
    return try Bundle(
      model: "chat", version: version, deployment: deployment, providerModel: "m", parameters: parameters)
  }

  // MARK: Versions

  @Test func aVersionIsRegisteredOnce() async throws {
    let desk = try await world.desk()
    let first = try bundle(7)
    #expect(try await desk.register(first, by: "ann", reason: nil))
    #expect(try await !desk.register(first, by: "ann", reason: nil))
    #expect(try await desk.bundle("chat", 7) == first)
    await #expect(throws: RolloutDesk.Failure.otherContent(model: "chat", version: 7)) {
      _ = try await desk.register(try bundle(7, "large"), by: "ann", reason: nil)
    }
    await #expect(throws: RolloutDesk.Failure.unknown(model: "chat", version: 8)) {
      _ = try await desk.bundle("chat", 8)
    }
    let trail = try await desk.history(of: "chat", count: 10)
    #expect(trail.map { $0["what"] } == ["register"] && trail.first?["by"] == "ann")
    #expect(try await desk.bundles(of: "chat").map(\.version) == [7])
  }

  @Test func twoChangesAtOnceWantAReason() async throws {
    let controller = try world.controller("a")
    try await led(by: controller) { desk in
      try await world.serve(1, desk)
      let both = try bundle(9, "large", temperature: "0.5")
      let refusal = await #expect(throws: RolloutDesk.Failure.self) {
        _ = try await desk.register(both, by: "ann", reason: nil)
      }
      #expect(refusal?.description.contains("deployment and parameters at once against version 1") == true)
      #expect(try await desk.register(both, by: "ann", reason: "moved together"))
    }
  }

  // MARK: Who serves what

  @Test func aModelWithoutVersionsIsServedByItsOwnDeployments() async throws {
    let report = try await world.desk().report(on: ["chat"])
    #expect(report.models.map(\.model.name) == ["chat"])
    #expect(report.models[0].state == RolloutState() && report.models[0].versions.isEmpty)
    #expect(report.cluster.leader == nil && report.cluster.position == ControlPosition.none)
    await #expect(throws: RolloutDesk.Failure.noModel("chatt")) {
      _ = try await world.desk().report(on: "chatt", among: ["chat"])
    }
    await #expect(throws: RolloutDesk.Failure.noName("")) {
      _ = try await world.desk().report(on: "", among: [])
    }
  }

  @Test func oneLookTellsWhoServesAndWhatIsTried() async throws {
    let controller = try world.controller("a")
    let report = try await led(by: controller) { desk in
      try await world.serve(1, desk)
      #expect(try await desk.ask(ask(.start, 2), within: .seconds(20)) == "version 2 is CANARY")
      return try await desk.report(on: "chat", among: ["chat"])
    }
    let chat = try #require(report.models.first)
    #expect(chat.state?.active == 1 && chat.state?.candidate?.version == 2)
    #expect(chat.versions.map(\.number) == [3, 2, 1])
    #expect(chat.versions.map(\.stage) == [.staging, .canary, .active])
    #expect(chat[1]?.bundle?.providerModel == "m-1")
    #expect(report.cluster.leader?.id == "a" && report.cluster.isWhole)
    #expect(report.cluster.by == "a" && report.cluster.position.version > 0)
  }

  @Test func acksTellWhoHasAppliedIt() async throws {
    let controller = try world.controller("a")
    _ = try await led(by: controller) { try await $0.ask(ask(.start), within: .seconds(20)) }
    let position = try #require(try world.config()).position
    let state = EmbeddedState(world.store, clock: { [world] in world.now })
    for (replica, applied) in [("r1", position), ("r2", ControlPosition.none)] {
      state.sync(ControlSync(replica: replica, applied: applied, hash: "", vetoMark: 0)) { _ in }
    }
    let cluster = try await world.desk().report(on: "chat", among: ["chat"]).cluster
    #expect(cluster.live.count == 2 && cluster.applied == 1)
    world.pass(ControlAck.live + 1)
    #expect(try await world.desk().report(on: "chat", among: ["chat"]).cluster.live.isEmpty)
  }

  @Test func theStepsEvidenceIsShown() async throws {
    let controller = try world.controller("a")
    try world.ask("1", ask(.start))
    try await world.run(20, [controller]) { $0.candidate?.thresholds != nil }
    try await world.run(8, [controller], canaryErrors: 1)
    let chat = try #require(try await world.desk().report(on: "chat", among: ["chat"]).models.first)
    let judged = try #require(chat.judged(ControlUnderTest.rules, now: world.now))
    #expect(judged.judge.requests > 0)
    guard case .gathering(let needs) = judged.verdict else {
      Issue.record("the verdict is \(judged.verdict)")
      return
    }
    let evidence = judged.judge.evidence(needs)
    let errors = try #require(evidence.first { $0.metric == .err })
    #expect(!needs.isEmpty && errors.harm > 0 && errors.harm < 1)
    // Another step's evidence is none of this one.
    var other = chat
    other.state?.candidate?.step += 1
    #expect(other.judged(ControlUnderTest.rules, now: world.now) == nil)
  }

  // MARK: What shall be done

  @Test func whatCantBeDoneIsAnError() async throws {
    let controller = try world.controller("a")
    try await led(by: controller) { desk in
      let refusal = await #expect(throws: RolloutDesk.Failure.self) {
        _ = try await desk.ask(ask(.start, 8), within: .seconds(20))
      }
      #expect(refusal?.description.hasPrefix("version 8 of chat is not registered") == true)
      await #expect(throws: RolloutDesk.Failure.noCandidate("chat")) {
        _ = try await desk.candidate(of: "chat")
      }
      _ = try await desk.ask(ask(.start), within: .seconds(20))
      #expect(try await desk.candidate(of: "chat") == 1)
    }
  }

  @Test func whereNobodyLeadsThatIsSaid() async throws {
    let desk = try await world.desk()
    await #expect(throws: RolloutDesk.Failure.unanswered(isLed: false)) {
      _ = try await desk.ask(ask(.start), within: .milliseconds(150))
    }
    let wordy = RolloutAsk(.abort, "chat", version: 1, by: String(repeating: "x", count: 5_000))
    await #expect(throws: RolloutDesk.Failure.tooLong) {
      _ = try await desk.ask(wordy, within: .seconds(1))
    }
  }

  @Test func historyIsTheModelsOwnAndTheNewestFirst() async throws {
    let controller = try world.controller("a")
    let trail = try await led(by: controller) { desk in
      _ = try await desk.ask(ask(.start), within: .seconds(20))
      _ = try await desk.ask(ask(.pause), within: .seconds(20))
      return try await desk.history(of: "chat", count: 2)
    }
    #expect(trail.map { $0["what"] } == ["pause", "start"])
    #expect(try await world.desk().history(of: "other", count: 10).isEmpty)
  }

  @Test func whoEndsHasAnotherOneLeadAtOnce() async throws {
    let (first, second) = (try world.controller("a"), try world.controller("b"))
    await first.round()
    await second.round()
    #expect(await second.leader == nil)
    await first.stop()
    await second.round()
    #expect(await first.leader == nil)
    #expect(await second.leader != nil)
  }
}

extension ControlUnderTest {
  /// Has a version serve.
  func serve(_ version: Int, _ desk: RolloutDesk) async throws {
    _ = try await desk.ask(RolloutAsk(.start, "chat", version: version, by: "ops"), within: .seconds(20))
    var promote = RolloutAsk(.promote, "chat", version: version, by: "ops")
    (promote.isForced, promote.reason) = (true, "a test")
    #expect(try await desk.ask(promote, within: .seconds(20)) == "version \(version) is ACTIVE")
  }
}
