import Testing

@testable import Policy

struct ComplexityTests {
  private static let starts = [
    "", "What is the capital of France?", "Summarise this: all went well.", "Schreibe ein Gedicht.",
    "def f(x):\n  return x", "翻译这个句子", "1. a\n2. b\n", "f() == g()",
  ]

  @Test func moreThoughtNeverMakesItLess() {
    let more = [
      " prove", " and explain why", " compare the trade-offs", "\n1. first", "\nFinally, justify it.",
      "\n- one more",
      " then", " 42", "?", "\n# Part", " f()", "\n```\n", " python",
    ]
    for start in Self.starts {
      for seed in UInt64(0)..<20 {
        var (text, chance) = (start, Chance(seed: seed))
        var before = PromptFacts(of: text)
        for _ in 0..<25 {
          text += chance.pick(more)
          let after = PromptFacts(of: text)
          #expect(after.complexity >= before.complexity, "\(text)")
          for (new, old) in zip(after.signals, before.signals) { #expect(new >= old, "\(text)") }
          before = after
        }
      }
    }
  }

  @Test func eachSignalHasItsCause() {
    let plain = PromptFacts(of: "the sea").strengths
    func strength(_ signal: ComplexitySignal, _ text: String, _ context: PromptContext = .init()) -> Double {
      PromptFacts(of: text, in: context).strengths[signal]
    }
    var deep = PromptContext()
    deep.turns = 5
    #expect(strength(.depth, "the sea", deep) == 0.5)
    #expect(strength(.reasoning, "explain the sea") == 0.25)
    #expect(strength(.steps, "first the sea, then the land") == 0.4)
    #expect(strength(.questions, "the sea? the land?") == 0.5)
    #expect(strength(.questions, "海？") == 0.25)
    #expect(strength(.numbers, "the 12345 seas") == 0.1)
    #expect(strength(.structure, "- a\n- b\n- c\n") == 0.25)
    #expect(strength(.code, "`sea`() () ()") > 0.5)
    #expect(strength(.length, String(repeating: "sea ", count: 4_096)) == 1)
    for signal in ComplexitySignal.allCases where signal != .length { #expect(plain[signal] == 0) }
    #expect(plain.length > 0 && plain.length < 0.05)
  }

  @Test func theContextCountsLess() {
    var context = PromptContext()
    context.bytes = 8 * 1_024
    let around = PromptFacts(of: "the sea", in: context)
    let alone = PromptFacts(of: "the sea " + String(repeating: "x ", count: 4_096))
    #expect(around.strengths.length > 0.3 && around.strengths.length < alone.strengths.length)
    context.hasCode = true
    let beside = PromptFacts(of: "the sea", in: context)
    #expect(beside.hasCode && beside.strengths.code == 0.4 && beside.task == .chat)
  }

  @Test func weightsAreWhatASignalBringsAlone() {
    var rules = PromptRules()
    for signal in ComplexitySignal.allCases {
      var strengths = SignalValues()
      strengths[signal] = 1
      #expect(abs(rules.complexity(of: strengths) - rules.weights[signal]) < 1e-12)
      rules.weights[signal] = 0
      #expect(rules.complexity(of: strengths) == 0)
      rules.weights[signal] = PromptRules().weights[signal]
      for other in ComplexitySignal.allCases { strengths[other] = 1 }
      let all = rules.complexity(of: strengths)
      #expect(all < 1 && all > 0.7)
    }
  }

  @Test func bandsBeginAtTheirThresholds() {
    var rules = PromptRules()
    #expect(
      [0, 0.299, 0.3, 0.699, 0.7, 1].map { rules.band(of: $0) } == [
        .low, .low, .medium, .medium, .high, .high,
      ])
    (rules.medium, rules.high) = (0.5, 0.5)
    #expect([0.499, 0.5].map { rules.band(of: $0) } == [.low, .high])
  }

  @Test func signalsStandInTheirOrder() {
    var facts = PromptFacts()
    #expect(facts.signals == [0, 0, 0, 0, 0, 0, 0, 0])
    facts.signals = [0.1, 0.2, 0.3]
    #expect(facts.strengths.reasoning == 0.2 && facts.signals[2] == 0.3)
    #expect(
      ComplexitySignal.allCases.map(\.rawValue).joined(separator: " ")
        == "length reasoning code steps questions numbers structure depth")
  }
}
