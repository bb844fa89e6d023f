import Coordination
import Policy
import Settings
import Testing

@testable import Gateway

/// What a rule leads to.
struct RulingTests {
  private typealias Case = RulesUnderTest

  private static let rules = """
      - { name: big, condition: { team: a }, model: big, fallbacks: [chat] }
      - { name: eu, condition: { team: b }, deployments: { regions: eu } }
      - { name: cold, condition: { team: c }, parameters: { temperature: 0 }, priority: batch }

    """

  private func code(_ body: () throws -> Ruling) -> String {
    do {
      return try body().refusal.map { "\($0.status) \($0.code)" } ?? "ok"
    } catch let error as ExchangeError {
      return "\(error.status) \(error.code)"
    } catch {
      return "\(error)"
    }
  }

  @Test func aRulesModelServesWhoMayUseIt() throws {
    let snapshot = try Case.snapshot(Self.rules)
    #expect(try Case.ruling(snapshot, rule: 0, Case.facts("chat")).model == 1)
    #expect(try Case.ruling(snapshot, rule: nil, Case.facts("chat")).model == 0)
    #expect(try Case.ruling(snapshot, rule: 0, Case.facts("chat"), "", Case.principal([0])).model == 0)
    #expect(try Case.ruling(snapshot, rule: 0, Case.facts(nil)).model == 1, "and who names none")
    #expect(
      code { try Case.ruling(snapshot, rule: 0, Case.facts(nil), "", Case.principal([0])) }
        == "400 model_missing")
    #expect(code { try Case.ruling(snapshot, rule: 0, Case.facts("nope")) } == "404 model_not_found")
    #expect(
      code { try Case.ruling(snapshot, rule: 0, Case.facts("chat"), "", Case.principal([1])) }
        == "404 model_not_found")
  }

  @Test func aRulesFallbacksTakeThePlaceOfTheModels() throws {
    let snapshot = try Case.snapshot(Self.rules)
    #expect(snapshot.stages(for: 1, rule: 0, Case.principal()).map(\.model) == [1, 0])
    #expect(snapshot.stages(for: 1, rule: 0, Case.principal([1])).map(\.model) == [1])
    #expect(snapshot.stages(for: 0, rule: nil, Case.principal()).map(\.model) == [0, 2])
  }

  @Test func whereNothingMayServeTheRequestIsRefused() throws {
    let snapshot = try Case.snapshot(Self.rules)
    let eu = try Case.ruling(snapshot, rule: 1, Case.facts("chat"))
    #expect(eu.permitted == DeploymentSet(count: 3) { $0 == 0 })
    #expect(code { try Case.ruling(snapshot, rule: 1, Case.facts("big")) } == "403 no_permitted_deployment")
    let none = DeploymentSet(count: 3) { $0 != 0 }
    #expect(
      code { try Case.ruling(snapshot, rule: 1, Case.facts("chat"), within: none) }
        == "403 no_permitted_deployment",
      "what was left out before stays out")
    let own = DeploymentSet(count: 3) { $0 == 2 }
    #expect(
      try Case.ruling(snapshot, rule: nil, Case.facts("chat"), within: own).model == 0,
      "its fallback may serve")
    #expect(
      code { try Case.ruling(snapshot, rule: nil, Case.facts("big"), within: own) }
        == "403 no_permitted_deployment")
  }

  @Test func aCeilingLeavesWhatIsCheapEnough() throws {
    let snapshot = try Case.snapshot(Self.rules)
    // About a hundred tokens in and a thousand out: 0.2 cents at the small one, 20 at the large one.
    func ruling(_ model: String, _ ceiling: String) throws -> Ruling {
      try Case.ruling(snapshot, rule: nil, Case.facts(model), "x-max-cost-usd: \(ceiling)\r\n")
    }
    #expect(try ruling("chat", "0.01").permitted == DeploymentSet(count: 3) { $0 == 0 })
    #expect(try ruling("chat", "1").permitted == DeploymentSet(count: 3) { $0 < 2 }, "no price, no cost")
    #expect(code { try ruling("big", "0.01") } == "400 max_cost_exceeded")
    #expect(code { try ruling("chat", "0") } == "400 max_cost_exceeded")
    for bad in ["", "free", "-1", "1e3", "0.", ".5", "1.2.3", "1\r\nx-max-cost-usd: 2"] {
      #expect(code { try ruling("chat", bad) } == "400 invalid_max_cost", "\(bad)")
    }
  }

  @Test func aPinnedVersionKeepsItsModel() throws {
    let snapshot = try Case.snapshot(Self.rules)
    let ruling = try Case.ruling(snapshot, rule: 0, Case.facts("chat@3"))
    #expect(ruling.model == 0 && ruling.pin != nil)
    #expect(try Case.ruling(snapshot, rule: 0, Case.facts("chat"), "x-switchyard-version: 3\r\n").model == 0)
  }

  @Test func answersByOthersAreOthersInTheCache() throws {
    let snapshot = try Case.snapshot(Self.rules)
    let eu = DeploymentSet(count: 3) { $0 == 0 }
    let words = [
      snapshot.cacheWords(nil, rule: nil), snapshot.cacheWords(nil, rule: 1),
      snapshot.cacheWords(eu, rule: nil),
      snapshot.cacheWords(nil, rule: 2), snapshot.cacheWords(eu, rule: 2), snapshot.cacheWords(nil, rule: 0),
    ]
    #expect(words[0] == nil && words[1] == nil)
    #expect(Set(words.dropFirst()).count == 5, "\(words)")
    let rules = try #require(snapshot.cache)
    let keys = [nil, words[2], words[3]].map { words in
      rules.identity(
        Case.facts("chat"), model: 0, named: "chat", within: words, beta: nil, Case.principal()
      ).keys(for: UnsafeRawBufferPointer(start: nil, count: 0), prefix: "sy")?.label
    }
    #expect(keys.allSatisfy { $0 != nil } && Set(keys).count == 3)
  }

  @Test func whoMayNotUseBothArmsIsEvidenceOfNeither() throws {
    let rollouts = try VersionsUnderTest.rollouts(
      "candidate=12 state=CANARY step=0 weight=25 since=1", [try VersionsUnderTest.bundle(12)])
    let snapshot = try VersionsUnderTest.snapshot(rollouts)
    let versions = try #require(snapshot.versions)
    let candidate = try #require(versions.models[0]?.candidate)
    let canary = Arm(kind: .canary, position: candidate.position, candidate: 12)
    let baseline = Arm(kind: .baseline, position: versions.serving(0))
    let (small, large) = (DeploymentSet(count: 2) { $0 == 0 }, DeploymentSet(count: 2) { $0 == 1 })
    #expect(snapshot.arm(canary, ofModel: 0, within: nil) == canary)
    #expect(snapshot.arm(canary, ofModel: 0, within: .all(2)) == canary)
    #expect(snapshot.arm(canary, ofModel: 0, within: small) == baseline)
    #expect(snapshot.arm(canary, ofModel: 0, within: large) == baseline)
    let pinned = Arm(kind: .pinned, position: candidate.position)
    #expect(snapshot.arm(pinned, ofModel: 0, within: small) == pinned, "which is refused then")
  }
}
