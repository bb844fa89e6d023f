import Policy
import Testing

/// Labelled prompts as a file.
struct TrainingSetTests {
  static func line(_ prompt: String, _ label: String, _ family: String) -> String {
    #"{"prompt": "\#(prompt)", "label": "\#(label)", "family": "\#(family)"}"#
  }

  @Test func aPromptIsALine() throws {
    let text = [
      Self.line("Hi", "low", "greetings"), "", Self.line("Say \\\"no\\\"", "medium", "words"),
      Self.line("Prove it", "high", "proofs"), " ",
    ]
    let set = try TrainingSet(text.joined(separator: "\r\n"))
    #expect(set.items.map(\.prompt) == ["Hi", "Say \"no\"", "Prove it"])
    #expect(set.items.map(\.label) == [.low, .medium, .high])
    #expect(set.families == ["greetings", "proofs", "words"])
  }

  @Test(arguments: [
    ("{", "no JSON"), ("5", "the line is no JSON object"), ("{}", "no prompt"),
    (#"{"prompt":"a"}"#, "no label"), (#"{"prompt":"a","label":"huge"}"#, "write low, medium or high"),
    (#"{"prompt":"a","label":"low"}"#, "no family"),
    (#"{"prompt":"","label":"low"}"#, "'prompt' of the line"),
    (#"{"prompt":"a","label":"low","family":"f","weight":1}"#, "unknown member 'weight'"),
    (#"{"prompt":"Hi","label":"low","family":"f"}"#, "the prompt is that of line 1 too"),
  ])
  func whatIsNoExampleIsRefused(line: String, reason: String) {
    let error = #expect(throws: EvaluationError.self) {
      try TrainingSet(Self.line("Hi", "low", "greetings") + "\n" + line)
    }
    #expect(error?.line == 2 && error?.reason.contains(reason) == true, "\(String(describing: error))")
  }

  @Test func everyLabelIsNeeded() {
    let error = #expect(throws: EvaluationError.self) {
      try TrainingSet(Self.line("Hi", "low", "a") + "\n" + Self.line("Ho", "high", "b"))
    }
    #expect(error?.description == "there must be prompts of each label, low, medium and high")
  }
}
