import Policy
import Settings
import Testing

@testable import Gateway

/// Who takes part, and what serves each arm.
struct ExperimentTableTests {
  private func snapshot(
    _ experiments: String, more: String = "", _ rollouts: Rollouts = .none
  ) throws -> Snapshot {
    let yaml = VersionsUnderTest.yaml + "\nrouting: { experiments: { \(experiments) } }\n" + more
    return Snapshot(try settings(yaml), epoch: 1, former: nil, rollouts: rollouts)
  }

  private func principal(_ models: Set<Int>? = nil) -> Principal {
    Principal(tenant: "acme", key: "k", team: nil, tier: nil, models: models)
  }

  private func unit(_ session: Int) throws -> StickyUnit {
    let parsed = try #require(
      head("POST /v1/chat/completions HTTP/1.1\r\nhost: a\r\nx-session-id: s\(session)\r\n\r\n"))
    return StickyUnit(
      head: parsed, facts: RequestFacts(surface: .chatCompletions), principal: principal(), request: "r1")
  }

  /// The arm of each session; -1 where it takes no part.
  private func dealt(_ table: ExperimentTable?, model: Int, sessions: Int = 2_000) throws -> [Int] {
    let table = try #require(table)
    return try (0..<sessions).map { session in
      let unit = try unit(session)
      return table.part(model, principal()) { unit.hash($0) }?.arm ?? -1
    }
  }

  private func near(_ count: Int, _ share: Double, of sessions: Int = 2_000) -> Bool {
    let deviation = (Double(sessions) * share * (1 - share)).squareRoot()
    return abs(Double(count) - share * Double(sessions)) <= 5 * deviation
  }

  @Test func withoutExperimentsThereIsNoTable() throws {
    #expect(try VersionsUnderTest.snapshot(.none).experiments == nil)
  }

  @Test func sessionsAreDealtByTheirShares() throws {
    let table = try snapshot("x: { control: chat, treatment: big, percentage: 20 }").experiments
    let arms = try dealt(table, model: 0)
    #expect(near(arms.count { $0 == 1 }, 0.2) && arms.allSatisfy { $0 >= 0 })
    #expect(try dealt(table, model: 0) == arms, "the same again")
    #expect(try dealt(table, model: 1, sessions: 5) == [-1, -1, -1, -1, -1], "it is about another model")
    let part = ExperimentTable.Part(entry: 0, arm: 1, unit: 0)
    #expect(table?.target(of: part) == ExperimentTable.Target(model: 1))
    #expect(table?.label(of: part) == "x=big")
  }

  @Test func whatIsBehindTheLastArmTakesNoPartAndFurtherArmsMoveNobody() throws {
    let two = "{ name: a, model: chat, percentage: 10 }, { name: b, model: big, percentage: 10 }"
    let before = try dealt(snapshot("x: { arms: [\(two)] }").experiments, model: 0)
    #expect(near(before.count { $0 == -1 }, 0.8))
    let more = "\(two), { name: c, model: other, percentage: 30 }"
    let after = try dealt(snapshot("x: { arms: [\(more)] }").experiments, model: 0)
    #expect(zip(before, after).allSatisfy { $0 == $1 || ($0 == -1 && $1 == 2) })
    #expect(near(after.count { $0 == 2 }, 0.3))
  }

  @Test func experimentsOfOneLayerExcludeEachOther() throws {
    let arms = "[{ name: a, model: chat, percentage: 20 }, { name: b, model: big, percentage: 20 }]"
    let both = try snapshot("x: { layer: l, arms: \(arms) }, y: { layer: l, arms: \(arms) }").experiments
    let table = try #require(both)
    var counts: [Int: Int] = [:]
    for session in 0..<2_000 {
      let unit = try unit(session)
      if let part = table.part(0, principal(), hash: { unit.hash($0) }) {
        counts[part.entry, default: 0] += 1
      }
    }
    #expect(near(counts[0] ?? 0, 0.4) && near(counts[1] ?? 0, 0.4))
  }

  @Test func layersKnowNothingOfEachOther() throws {
    let table = try snapshot(
      """
      x: { control: chat, treatment: other, percentage: 50 }, y: { control: big, treatment: other, percentage: 50 }
      """
    ).experiments
    let pairs = zip(try dealt(table, model: 0), try dealt(table, model: 1))
    for arm in 0...1 {
      let other = pairs.filter { $0.0 == arm }
      #expect(near(other.count { $0.1 == 1 }, 0.5, of: other.count))
    }
  }

  @Test func whoMayNotUseAllArmsTakesNoPart() throws {
    let table = try #require(
      try snapshot("x: { control: chat, treatment: big, percentage: 50 }").experiments)
    for session in 0..<50 {
      let unit = try unit(session)
      #expect(table.part(0, principal([0]), hash: { unit.hash($0) }) == nil)
      #expect(table.part(0, principal([0, 1]), hash: { unit.hash($0) }) != nil)
    }
  }

  private static let bundles = """
    bundles:
      chat: [ { version: 1, deployment: small }, { version: 2, deployment: large } ]
    """

  @Test func declaredVersionsAreArmsThoughNobodyDecidedAnything() throws {
    let arms = "[{ model: chat, version: 1, percentage: 50 }, { model: chat, version: 2, percentage: 50 }]"
    let snapshot = try snapshot("x: { arms: \(arms) }", more: Self.bundles)
    let table = try #require(snapshot.experiments)
    let targets = [3, 4].map { ExperimentTable.Target(model: 0, version: $0) }
    #expect(table.entries[0].targets == targets)
    #expect(table.entries[0].labels == ["x=chat@1", "x=chat@2"])
    #expect(snapshot.versions?.models.allSatisfy { $0 == nil } == true, "no model has an arm of a rollout")
    #expect(snapshot.versions?.pinnable(0, now: 0) == [])
    #expect(snapshot.table.models[4].deployments.map(\.position) == [1])
  }

  @Test func anArmFallsBackAsItsModelDoes() throws {
    let arms = "[{ model: chat, version: 1, percentage: 50 }, { model: chat, version: 2, percentage: 50 }]"
    let table = try snapshot("x: { arms: \(arms) }", more: Self.bundles).table
    #expect(!table.models[0].fallbacks.isEmpty && table.models[3].fallbacks == table.models[0].fallbacks)
  }

  /// Else the replica that was asked for it would deal arms alone.
  @Test func aVersionThatSomebodyAskedAReplicaForIsNoArm() throws {
    let arms = "[{ model: chat, percentage: 50 }, { model: chat, version: 12, percentage: 50 }]"
    var rollouts = try VersionsUnderTest.rollouts("active=11", [try VersionsUnderTest.bundle(11)])
    #expect(try snapshot("x: { arms: \(arms) }", rollouts).versions?.absent.map(\.isUnread) == [true])
    rollouts.models["chat"]?.staged = [12: try VersionsUnderTest.bundle(12)]
    let after = try snapshot("x: { arms: \(arms) }", rollouts)
    #expect(after.versions?.position(of: 12, route: 0) != nil)
    #expect(after.experiments?.entries.isEmpty == true && after.experiments?.idle.count == 1)
  }

  @Test func anArmThatCanNotServeKeepsAllAway() throws {
    let arms = "[{ model: chat, percentage: 50 }, { model: chat, version: 12, percentage: 50 }]"
    let nowhere = try #require(try snapshot("x: { arms: \(arms) }").experiments)
    #expect(nowhere.entries.isEmpty && nowhere.idle.map(\.name) == ["x"])
    #expect(nowhere.idle[0].why.contains("version 12 of chat can't serve here"))
    for (line, why) in [
      ("active=11 candidate=12 state=CANARY step=0 weight=5 since=1", "is being rolled out"),
      ("active=11 rolledback=12", "can't serve here"),
    ] {
      let rollouts = try VersionsUnderTest.rollouts(
        line, [try VersionsUnderTest.bundle(11), try VersionsUnderTest.bundle(12)])
      let table = try #require(try snapshot("x: { arms: \(arms) }", rollouts).experiments)
      #expect(table.idle.first?.why.contains(why) == true, "\(line): \(table.idle)")
    }
  }
}
