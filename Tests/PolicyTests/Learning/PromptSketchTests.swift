import Testing

@testable import Policy

/// What is kept of a prompt for training is enough for it, and is no text.
struct PromptSketchTests {
  private static let prompts = [
    "Hi", "", "…", "Prove that there are infinitely many primes, prove it twice: 12, 13?\n- first\n- then",
    "為什麼天空是藍的？", String(repeating: "the quick brown fox jumps over 7 dogs. ", count: 800),
  ]

  @Test(arguments: prompts)
  func trainingSeesTheSame(prompt: String) throws {
    let sketch = PromptSketch(prompt, heuristic: 0.5)
    let read = try #require(PromptSketch(text: sketch.text))
    #expect(read == sketch)
    let (kept, own) = (read.features, PromptFeatures(prompt, bits: PromptSketch.bits))
    #expect(kept.indices.filter { $0 < 1 << 15 } == own.indices.filter { $0 < 1 << 15 })
    var values: [Int: Double] = [:]
    for (index, value) in zip(kept.indices, kept.values) { values[index] = value }
    for (index, value) in zip(own.indices, own.values) {
      #expect(abs((values[index] ?? 0) - value) < 0.001, "\(index)")
    }
  }

  @Test func noWordIsLeft() {
    let text = PromptSketch("Purple herons prove primes.", heuristic: 0.1).text.lowercased()
    for word in ["purple", "heron", "prove", "prime"] { #expect(!text.contains(word)) }
    #expect(text.utf8.allSatisfy { $0 < 0x80 } && !text.contains("\n"))
  }

  @Test func promptsThatBeginAlikeAreAFamily() {
    let beginning = "Translate the following text to "
    #expect(beginning.utf8.count == 32)
    let families = ["French: yes", "German: no"].map { PromptSketch(beginning + $0, heuristic: 0).family }
    #expect(families[0] == families[1])
    #expect(PromptSketch("Translate this", heuristic: 0).family != families[0])
  }

  @Test func whatIsTooLongIsNotKept() throws {
    let letters = "abcdefghijklmnopqrstuvwxyz".map(String.init)
    let words = letters.flatMap { one in letters.flatMap { two in letters.map { "\(one)\(two)\($0)" } } }
    let sketches = [0, 500, 3_200, 4_000].map {
      PromptSketch(words.prefix($0).joined(separator: " "), heuristic: 0)
    }
    #expect(sketches.map(\.fits) == [true, true, false, false])
    for sketch in sketches { #expect((PromptSketch(text: sketch.text) == sketch) == sketch.fits) }
  }

  /// Who knows all of a prompt but its number learns nothing of that.
  @Test func noDigitIsLeft() {
    let sketches = ["0000", "4711", "9999"].map { PromptSketch("My PIN is \($0).", heuristic: 0) }
    #expect(sketches[0] == sketches[1] && sketches[0] == sketches[2])
  }

  /// A hash of so few values is shared by one of 4,096 of all that one may guess.
  @Test func manyBeginningsShareAFamily() {
    let letters = "abcdefghijklmnopqrstuvwxyz".map(String.init)
    let families = letters.flatMap { one in
      letters.flatMap { two in letters.map { PromptSketch(one + two + $0, heuristic: 0).family } }
    }
    #expect(families.allSatisfy { $0 < 4_096 })
    #expect((3_900...4_096).contains(Set(families).count), "17,576 beginnings")
  }

  @Test(arguments: [
    "", "1 1 1,1,1,1,1,1,1,1", "1 1001 0,0,0,0,0,0,0,0 -", "1 1 0,0,0,0,0,0,0 -", "1 1 0,0,0,0,0,0,0,1001 -",
    "1 1 0,0,0,0,0,0,0,x -", "1 1 0,0,0,0,0,0,0,0 0", "1 1 0,0,0,0,0,0,0,0 1*0", "1 1 0,0,0,0,0,0,0,0 1*1*1",
    "1 1 0,0,0,0,0,0,0,0 pa9", "zzzzzzzz 1 0,0,0,0,0,0,0,0 -", "1 1 0,0,0,0,0,0,0,0 - more",
    "35s 1 0,0,0,0,0,0,0,0 -",
  ])
  func whatIsNoneIsNotRead(text: String) {
    #expect(PromptSketch(text: text) == nil)
  }

  @Test func theLastBucketIsRead() throws {
    let sketch = try #require(PromptSketch(text: "1 1 0,0,0,0,0,0,0,0 pa8*3"))
    #expect(sketch.features.indices == [32_767])
    let example = LearningExample(.high, by: .feedback, sketch)
    #expect(LearningExample(text: example.text) == example)
    #expect(LearningExample(text: "huge judge \(sketch.text)") == nil)
    #expect(LearningExample(text: "high nobody \(sketch.text)") == nil)
  }

  @Test func aModelSaysOfASketchWhatItSaysOfItsPrompt() throws {
    for bits in [10, 15] {
      var chance = Chance(seed: 3)
      let model = ComplexityModel(
        bits: bits, grams: (0..<1 << bits).map { _ in Int8(chance.below(255) - 127) }, unit: 0.01,
        shape: SIMD8(0.5, -1, 0.25, 1, 0, 2, -0.5, 1), cuts: OrdinalCuts(medium: 0, high: 0.5))
      for prompt in Self.prompts {
        let chances = model.chances(PromptSketch(prompt, heuristic: 0).features, bits: PromptSketch.bits)
        #expect(abs(chances.score - model.chances(prompt).score) < 0.01, "\(prompt.prefix(20))")
      }
    }
  }
}
