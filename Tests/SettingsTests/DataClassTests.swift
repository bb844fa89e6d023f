import Policy
import Settings
import Testing

struct DataClassTests {
  private static let classes = #"""
    routing:
      data_classes:
        pii: {}
        phi: { regions: [eu], detect: [health], patterns: { mrn: '\bMRN-\d{6,8}\b' } }
        secret: { action: refuse, patterns: { badge: 'B\d{4}', project: "Falcon|Condor" } }

    """#

  private static func key(_ more: String = "") -> String {
    "tenants: { t: { keys: [ { id: a, sha256: \(String(repeating: "0", count: 64))\(more) } ] } }\n"
  }

  @Test func classesAreReadWithWhatSuitsTheirNames() throws {
    let classes = try Fixture.load(LoadTests.minimal() + Self.classes).routing.dataClasses
    #expect(classes.map(\.name) == ["pii", "phi", "secret"])
    #expect(classes.map(\.detect) == [[.email, .phone, .iban, .nationalID, .ip], [.health], []])
    #expect(classes.map(\.action) == [.restrict, .restrict, .refuse])
    #expect(classes.map(\.regions) == [[], ["eu"], []])
    #expect(classes.patterns.map(\.name) == ["mrn", "badge", "project"])
  }

  @Test func patternsBelongToTheirClasses() throws {
    let classes = try Fixture.load(LoadTests.minimal() + Self.classes).routing.dataClasses
    let detectors = try #require(try classes.detectors())
    for (text, wanted, names) in [
      ("MRN-1234567", ["phi"], ["mrn"]), ("my badge B1234", ["secret"], ["badge"]),
      ("Condor", ["secret"], ["project"]),
      ("ann@example.com has diabetes", ["pii", "phi"], ["email", "health"]), ("nothing", [], []),
    ] {
      var findings = Findings()
      Array(text.utf8).withUnsafeBufferPointer { detectors.scan($0, into: &findings) }
      let found = classes.rules.filter { !$0.detectors.isDisjoint(with: findings.detectors) }.map(\.name)
      #expect(found == wanted, "\(text)")
      #expect(classes.names(of: findings.detectors) == names, "\(text)")
    }
  }

  @Test func classesWithoutAnythingToLookForLookForNothing() throws {
    let classes = try Fixture.load(LoadTests.minimal() + "routing: { data_classes: { internal: {} } }\n")
      .routing.dataClasses
    #expect(try classes.detectors() === nil)
  }

  @Test func keysAndTenantsHaveClasses() throws {
    for (written, read) in [("phi", ["phi"]), ("[phi, pii]", ["phi", "pii"]), ("none", []), ("[]", [])] {
      let settings = try Fixture.load(
        LoadTests.minimal() + Self.classes + Self.key(", data_class: \(written)"))
      #expect(settings.tenants[0].keys[0].dataClasses == read, "\(written)")
    }
    let key = Self.key().replacing("{ t: { ", with: "{ t: { data_class: phi, ")
    let settings = try Fixture.load(LoadTests.minimal() + Self.classes + key)
    #expect(settings.tenants[0].dataClasses == ["phi"] && settings.tenants[0].keys[0].dataClasses.isEmpty)
  }

  @Test func whatIsPrintedIsReadAgain() throws {
    let settings = try Fixture.load(LoadTests.minimal() + Self.classes + Self.key(", data_class: phi"))
    let again = try Fixture.load(settings.printed())
    #expect(again.routing.dataClasses == settings.routing.dataClasses)
    #expect(again.tenants[0].keys[0].dataClasses == ["phi"])
  }

  @Test func classesOfRecordedKeysMustBeThere() throws {
    let settings = try Fixture.load(LoadTests.minimal() + Self.classes + Self.key())
    var order = KeyOrder(tenant: "t")
    order.dataClass = "phi"
    #expect(try order.terms(in: settings, now: 0).dataClass == "phi")
    order.dataClass = "phy"
    let error = try #require(throws: KeyOrder.Refusal.self) { try order.terms(in: settings, now: 0) }
    #expect(error.description.contains("declare it under routing.data_classes"))
  }
}
