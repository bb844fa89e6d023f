import Policy
import Settings
import Testing

/// Several models that are asked for one answer.
struct EnsembleTests {
  private static let models = "m: { deployments: [d] }, n: { deployments: [d] }, o: { deployments: [d] }"

  private func load(_ ensembles: String, rule: String = "x") throws -> Settings {
    try Fixture.load(
      LoadTests.minimal(models: Self.models)
        + "routing: { ensembles: { \(ensembles) }, rules: [ { condition: {}, ensemble: \(rule) } ] }\n")
  }

  @Test func aCascadeIsReadWhole() throws {
    let settings = try load(
      "x: { cascade: [m, n], verify: { schema: false, confidence: 62.5%, judge: o }, deadline: 20s }")
    #expect(settings.unbuilt.isEmpty)
    let ensemble = try #require(settings.routing.ensembles.first)
    #expect(ensemble.name == "x" && ensemble.kind == .cascade && ensemble.models == ["m", "n"])
    let verify = try #require(ensemble.verify)
    #expect(!verify.checks.schema && verify.checks.refusal && verify.checks.leastConfidence == 6_250)
    #expect(verify.judge == "o" && ensemble.deadline == .seconds(20) && ensemble.quorum == nil)
    #expect(settings.routing.rules.first?.ensemble == "x" && settings.routing.rules.first?.model == nil)
  }

  @Test func aModelMayBeAskedSeveralTimes() throws {
    let ensembles = try load(
      "x: { vote: [m, m, m], quorum: 2 }, y: { best_of: [m, n], judge: o }"
    ).routing.ensembles
    #expect(ensembles.map(\.kind) == [.vote, .bestOf])
    #expect(ensembles.map(\.models) == [["m", "m", "m"], ["m", "n"]])
    #expect(ensembles.map(\.quorum) == [2, nil] && ensembles[1].judge == "o")
  }

  @Test func whomNoRuleNamesNobodyAsks() throws {
    #expect(try load("x: { vote: [m, n] }").warnings(now: 0).isEmpty)
    let idle = try load("x: { vote: [m, n] }, y: { vote: [m, n] }").warnings(now: 0)
    #expect(idle.map(\.path) == ["routing.ensembles.y"])
    #expect(idle.first?.message == "is named by no rule, so that it is never asked")
  }

  @Test(arguments: [
    "x: { cascade: [m, n] }", "x: { vote: [m, n, o], quorum: 3, deadline: 250ms }",
    "x: { best_of: [m, n], judge: o, quorum: 1 }",
    "x: { cascade: [m, n, o], verify: { refusal: false, confidence: 0.5% } }",
  ])
  func itIsPrintedAndReadAgain(text: String) throws {
    let settings = try load(text)
    #expect(try Fixture.load(settings.printed()).routing == settings.routing)
  }
}
