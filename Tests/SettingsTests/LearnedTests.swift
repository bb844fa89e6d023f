import Policy
import Settings
import Testing

/// `balance: learned` and its terms.
struct LearnedTests {
  private func load(_ model: String) throws -> Settings {
    try Fixture.load(
      """
      server: { host: 127.0.0.1 }
      providers: { a: { dialect: openai, base_url: "http://127.0.0.1:9/v1" } }
      deployments:
        d: { provider: a, model: m, price: { input: 1, output: 2 } }
        e: { provider: a, model: m, price: { input: 3, output: 4 } }
      models:
        m: { deployments: [d, e], \(model) }
      """)
  }

  @Test(arguments: ["balance: learned", "balance: \"${LEARNED}\"", "balance: learned, learned: {}"])
  func itHasTermsOfItsOwn(_ written: String) throws {
    let settings = try load(written)
    #expect(settings.models[0].balance == .learned)
    #expect(settings.models[0].learned == ChoiceTerms())
    #expect(settings.unbuilt.isEmpty)
  }

  @Test func termsAreReadAndPrinted() throws {
    let settings = try load(
      "balance: learned, learned: { quality: outcome, cost: 0.5, latency: 0, slo: 800ms, explore: 2.5%,"
        + " min_samples: 200, steering: never }")
    var terms = ChoiceTerms()
    (terms.quality, terms.cost, terms.latency, terms.slo) = (.outcome, 0.5, 0, .milliseconds(800))
    (terms.explore, terms.minSamples, terms.steering) = (250, 200, .never)
    #expect(settings.models[0].learned == terms)
    #expect(try Fixture.load(settings.printed()).models == settings.models)
  }

  @Test func otherModelsHaveNone() throws {
    let settings = try load("balance: cost")
    #expect(settings.models[0].learned == nil)
    #expect(!settings.printed().contains("learned"))
  }
}
