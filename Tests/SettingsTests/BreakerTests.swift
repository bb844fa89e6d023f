import Settings
import Testing

struct BreakerTests {
  @Test func theReferenceIsTheDefault() throws {
    #expect(try Fixture("reference.yaml").load().breaker == Settings().breaker)
    #expect(try Fixture.load(LoadTests.minimal()).breaker == Settings().breaker)
  }

  @Test func slowIsNothingUnlessItIsSaid() throws {
    func slow(_ text: String) throws -> Settings.SlowAfter? {
      try Fixture.load(LoadTests.minimal() + "breaker: { \(text) }\n").breaker.slowAfter
    }
    #expect(try slow("base: 1s") == nil)
    #expect(try slow("slow_after: 10s") == .init(stream: .seconds(10)))
    #expect(try slow("slow_after: { plain: 60s }") == .init(plain: .seconds(60)))
  }

  @Test func whatIsPrintedIsReadAgain() throws {
    let text =
      "breaker: { slow_after: 10s, panic: 0%, base: 1s, max: 1s, failure_rate: 30%, outliers: false }\n"
    let settings = try Fixture.load(LoadTests.minimal() + text)
    #expect(try Fixture.load(settings.printed()).breaker == settings.breaker)
    #expect(settings.breaker.panic == 0 && !settings.breaker.outliers)
  }
}
