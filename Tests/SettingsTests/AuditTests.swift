import Settings
import Testing

/// Which requests are looked at again.
struct AuditTests {
  private func load(_ audit: String, condition: String = "complexity: high", redis: Bool = false) throws
    -> Settings
  {
    try Fixture.load(
      LoadTests.minimal() + (redis ? "state: { redis: \"redis://127.0.0.1:6379/0\" }\n" : "")
        + "routing: { audit: { \(audit) }, rules: [ { condition: { \(condition) }, parameters: { top_p: 1 } } ] }\n"
    )
  }

  @Test func itHasDefaults() throws {
    let audit = try #require(try load("").routing.audit)
    #expect(audit == Settings.Audit())
    #expect(audit.sample == 1_000_000 && audit.perHour == 100 && audit.judge == nil && audit.examples == nil)
    #expect(try Fixture.load(LoadTests.minimal()).routing.audit == nil)
  }

  @Test func allOfItIsRead() throws {
    let settings = try load(
      "sample: 0.5%, per_hour: 7, examples: { most: 500, keep: 2d }", condition: "task_type: code",
      redis: true)
    let audit = try #require(settings.routing.audit)
    #expect(audit.sample == 500_000 && audit.perHour == 7)
    #expect(audit.examples?.most == 500 && audit.examples?.keep == .seconds(2 * 86_400))
    #expect(settings.unbuilt.isEmpty)
  }

  @Test func whatIsPrintedIsReadAgain() throws {
    let settings = try load("sample: 0.5%, judge: m")
    #expect(settings.routing.audit?.judge == "m")
    #expect(try Fixture.load(settings.printed()).routing == settings.routing)
  }
}
