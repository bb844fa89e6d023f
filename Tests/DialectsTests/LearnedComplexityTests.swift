import Dialects
import Policy
import Testing

@Suite("A classifier that scores prompts")
struct LearnedComplexityTests {
  /// What a request with these texts as the parts of its user's turn is told to have.
  private func prompt(_ parts: [String], by model: ComplexityModel? = .shipped) throws -> PromptFacts {
    let peek = Peek()
    (peek.readsPrompt, peek.complexityModel) = (PromptRules(), model)
    return try #require(try peek.request(body(parts), surface: .chatCompletions).facts.prompt)
  }

  private func body(_ parts: [String]) -> PaddedBytes {
    let list = parts.map { #"{"type":"text","text":"\#($0)"}"# }.joined(separator: ",")
    let turns = [
      #"{"role":"system","content":"Prove everything, step by step, and compare all proofs."}"#,
      #"{"role":"user","content":[\#(list)]}"#, #"{"role":"assistant","content":"Why?"}"#,
    ]
    return PaddedBytes(#"{"messages":[\#(turns.joined(separator: ","))]}"#.utf8)
  }

  private func score(_ text: String) -> Double { ComplexityModel.shipped.chances(text).score }

  @Test func whatComesWithTheRouterIsOfUse() {
    #expect(ComplexityModel.shipped.worth.isAboveHeuristic)
    #expect(score("Hello!") < 0.3)
    #expect(score("Hello!") < score("Prove that there are infinitely many primes of the form 4k + 3."))
  }

  @Test func theTurnThatAsksIsScored() throws {
    let text = "Explain why the sky is blue."
    let facts = try prompt([text])
    #expect(facts.complexity == score(text))
    var plain = try prompt([text], by: nil)
    #expect(plain.complexity == PromptRules().complexity(of: plain.strengths))
    plain.complexity = facts.complexity
    #expect(plain == facts, "nothing else changes")
  }

  @Test func whereATextIsCutMakesNoDifference() throws {
    for length in [1, 300, 16 << 10, 16 << 10 + 1, 20_000, 70_000] {
      let line = "First, explain why 12 drugs failed. Then compare both: which has more risks? "
      let text = String(String(repeating: line, count: length / line.utf8.count + 1).prefix(length))
      let whole = score(text)
      #expect(try prompt([text]).complexity == whole, "\(length)")
      for size in [7, 1_000, 8 << 10, 9_000] where length / size < 3_000 {
        var (parts, rest) = ([String](), text[...])
        while !rest.isEmpty {
          parts.append(String(rest.prefix(size)))
          rest = rest.dropFirst(size)
        }
        #expect(try prompt(parts).complexity == whole, "\(length) in parts of \(size)")
      }
    }
  }

  @Test func oneRequestSaysNothingOfTheNext() throws {
    let peek = Peek()
    (peek.readsPrompt, peek.complexityModel) = (PromptRules(), .shipped)
    let (long, short) = (body(["Prove ", "all of it, and why."]), body(["Hel", "lo!"]))
    for (body, text) in [(long, "Prove all of it, and why."), (short, "Hello!")] {
      let facts = try peek.request(body, surface: .chatCompletions).facts
      #expect(facts.prompt?.complexity == score(text))
    }
    peek.complexityModel = nil
    let facts = try #require(try peek.request(short, surface: .chatCompletions).facts.prompt)
    #expect(facts.complexity == PromptRules().complexity(of: facts.strengths))
  }

  @Test func aPromptWithoutATextHasAScore() throws {
    let peek = Peek()
    (peek.readsPrompt, peek.complexityModel) = (PromptRules(), .shipped)
    let facts = try peek.request(PaddedBytes(#"{"prompt":""}"#.utf8), surface: .completions).facts
    #expect(facts.prompt?.complexity == score(""))
  }
}
