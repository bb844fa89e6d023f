import Testing

@testable import Policy

struct TokenEstimatorTests {
  private static func facts(_ bytes: Int, max: Int? = nil, choices: Int = 1, images: Int = 0) -> RequestFacts
  {
    var facts = RequestFacts(surface: .chatCompletions)
    facts.textBytes = bytes
    facts.maxOutputTokens = max
    facts.choices = choices
    facts.images = images
    return facts
  }

  @Test func itBeginsAtFourBytesAToken() {
    #expect(TokenEstimator().input(Self.facts(4_000)) == 1_001)
  }

  @Test func itLearnsBytesPerToken() {
    var estimator = TokenEstimator()
    for _ in 0..<300 { estimator.learn(Self.facts(4_000), input: 2_000, output: 10) }
    let input = estimator.input(Self.facts(4_000))
    #expect((1_900...2_101).contains(input), "learnt two bytes a token")
  }

  @Test func whatIsAskedForAtMostBoundsTheOutput() {
    #expect(TokenEstimator().output(Self.facts(10, max: 20)) == 20)
    #expect(TokenEstimator().output(Self.facts(10, max: 20, choices: 3)) == 60)
  }

  @Test func itLearnsTheOutputOfNineteenInTwenty() {
    var estimator = TokenEstimator()
    for number in 0..<400 {
      estimator.learn(Self.facts(10), input: 3, output: number % 20 == 0 ? 4_000 : 100)
    }
    let output = estimator.output(Self.facts(10))
    #expect((100...125).contains(output))
  }

  @Test func newHabitsReplaceOldOnes() {
    var estimator = TokenEstimator()
    for _ in 0..<3_000 { estimator.learn(Self.facts(10), input: 3, output: 100) }
    for _ in 0..<6_000 { estimator.learn(Self.facts(10), input: 3, output: 1_000) }
    let output = estimator.output(Self.facts(10))
    #expect((1_000...1_250).contains(output))
  }

  @Test func wideScalarsAreATokenEach() {
    var facts = Self.facts(3_400)
    facts.wideScalars = 1_000
    #expect(TokenEstimator().input(facts) == 1_000 + 100 + 1)
  }

  @Test func imagesCountByNumberAndNotBySize() {
    #expect(TokenEstimator().input(Self.facts(0, images: 2)) == 2 * TokenEstimator.tokensPerImage + 1)
  }

  @Test func embeddingsHaveNoOutput() {
    #expect(TokenEstimator().output(RequestFacts(surface: .embeddings)) == 0)
  }

  @Test func absurdNumbersDoNoHarm() {
    var estimator = TokenEstimator()
    estimator.learn(Self.facts(.max / 2_048), input: .max, output: .max)
    #expect(estimator.input(Self.facts(1 << 40)) > 0)
    #expect(estimator.output(Self.facts(1, max: .max, choices: .max)) > 0)
  }
}
