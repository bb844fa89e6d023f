import Policy
import Testing

struct DataClassTableTests {
  private static let rules = [
    DataClassRule(name: "pii", action: .restrict, detectors: [.email, .phone], regions: []),
    DataClassRule(name: "phi", action: .restrict, detectors: [.health, .phone], regions: ["eu", "ch"]),
    DataClassRule(name: "secret", action: .refuse, detectors: [], regions: []),
  ]

  private static func names(_ table: DataClassTable, _ classes: [String]) throws -> DataClassSet {
    try #require(table.classes(named: classes))
  }

  @Test func whatIsFoundIsOfEveryClassThatLooksForIt() {
    let table = DataClassTable(Self.rules, deployments: [])
    #expect(table.names(table.classes(found: .email)) == ["pii"])
    #expect(table.names(table.classes(found: .phone)) == ["pii", "phi"])
    #expect(table.names(table.classes(found: [.health, .email])) == ["pii", "phi"])
    #expect(table.classes(found: [.card]).isEmpty && table.classes(found: []).isEmpty)
  }

  @Test func namesThatAreNotConfiguredAreNone() throws {
    let table = DataClassTable(Self.rules, deployments: [])
    #expect(table.classes(named: ["phi", "PII"]) == nil)
    #expect(table.names(try Self.names(table, ["secret", "phi", "phi"])) == ["phi", "secret"])
  }

  @Test func deploymentsSeeWhatTheySayTheyMayAndNothingElse() throws {
    let table = DataClassTable(
      Self.rules,
      deployments: [
        (data: [], regions: ["eu"]), (data: ["phi"], regions: []), (data: ["phi"], regions: ["eu"]),
        (data: ["phi"], regions: ["eu", "us"]), (data: ["phi", "pii"], regions: ["ch"]),
        (data: ["pii"], regions: []),
      ])
    func left(_ classes: [String]) throws -> [Int] {
      let permitted = try #require(table.permitted(try Self.names(table, classes)))
      return (0..<6).filter(permitted.contains)
    }
    #expect(try left(["phi"]) == [2, 4])
    #expect(try left(["pii"]) == [4, 5])
    #expect(try left(["pii", "phi"]) == [4])
    #expect(try left(["secret"]) == [])
    #expect(table.permitted([]) == nil)
  }

  @Test func oneClassThatIsRefusedRefusesAll() throws {
    let table = DataClassTable(Self.rules, deployments: [])
    #expect(table.refused(try Self.names(table, ["pii", "secret"]))?.name == "secret")
    #expect(table.refused(try Self.names(table, ["pii", "phi"])) == nil)
  }

  /// For any classes, deployments and regions: who is left may see each class of the request, and who may is left.
  @Test func nobodyIsLeftWhoMayNotSeeAll() throws {
    var chance = Chance(seed: 11)
    let (names, places) = (["a", "b", "c", "d", "e"], ["eu", "us", "ch"])
    func pick(_ all: [String], _ chance: inout Chance) -> [String] {
      all.filter { _ in chance.below(2) == 0 }
    }
    var wrong = 0
    for _ in 0..<10_000 {
      let rules = names.map {
        DataClassRule(
          name: $0, action: .restrict, detectors: [],
          regions: chance.below(2) == 0 ? [] : pick(places, &chance))
      }
      let deployments = (0..<chance.below(80)).map { _ in
        (data: pick(names, &chance), regions: pick(places, &chance))
      }
      let table = DataClassTable(rules, deployments: deployments)
      let wanted = pick(names, &chance)
      let permitted = table.permitted(try Self.names(table, wanted))
      if (permitted == nil) != wanted.isEmpty { wrong += 1 }
      for (position, deployment) in deployments.enumerated() {
        let mayAll = wanted.allSatisfy { name in
          let regions = rules[names.firstIndex(of: name) ?? 0].regions
          let isThere =
            regions.isEmpty || (!deployment.regions.isEmpty && Set(deployment.regions).isSubset(of: regions))
          return deployment.data.contains(name) && isThere
        }
        if (permitted?.contains(position) ?? true) != mayAll { wrong += 1 }
      }
    }
    #expect(wrong == 0)
  }
}
