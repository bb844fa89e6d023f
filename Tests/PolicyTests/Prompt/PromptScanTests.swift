import Testing

@testable import Policy

struct PromptScanTests {
  private static let parts = [
    "translate ", "Why ", "é", "ß", "“", "”", "—", "今", "？", "؟", "Привет ", "```\n", "- item\n",
    "12. next\n", "# head\n",
    "| a | b |\n", "() ", "==", "!=", "???", "\u{2022} point\n", "\n", " ", "0", "42", "don’t ", "x",
    "summarisation ", "){\n",
    ");\n", "patient ", "Contract", "\u{fffd}", "😀", "der die das ", "\t", "\r\n", "`",
  ]

  private func text(seed: UInt64, parts count: Int) -> String {
    var chance = Chance(seed: seed)
    return (0..<count).map { _ in chance.pick(Self.parts) }.joined()
  }

  @Test func whereATextIsCutMakesNoDifference() {
    for seed in UInt64(0)..<60 {
      let bytes = Array(text(seed: seed, parts: 120).utf8)
      let whole = PromptFacts(ofBytes: bytes)
      for size in [1, 2, 3, 7, 64, 191, 192, 193, 400] {
        #expect(PromptFacts(ofBytes: bytes, inPiecesOf: size) == whole, "seed \(seed), pieces of \(size)")
      }
    }
  }

  @Test func whereALongTextIsCutMakesNoDifference() {
    let bytes = Array(text(seed: 7, parts: 40_000).utf8)
    #expect(bytes.count > 100 << 10)
    let whole = PromptFacts(ofBytes: bytes)
    for size in [1, 5, 1_000, 4_095, 4_096, 65_535, 65_537] {
      #expect(PromptFacts(ofBytes: bytes, inPiecesOf: size) == whole, "pieces of \(size)")
    }
  }

  @Test func anyBytesAreTaken() {
    var chance = Chance(seed: 1)
    for size in [0, 1, 2, 3, 100, 191, 192, 193, 194, 5_000, 85_000] {
      for _ in 0..<5 {
        let bytes = (0..<size).map { _ in UInt8(chance.below(256)) }
        let facts = PromptFacts(ofBytes: bytes, inPiecesOf: 1 + chance.below(300))
        #expect(0...1 ~= facts.complexity && facts.signals.allSatisfy { 0...1 ~= $0 })
      }
    }
  }

  @Test func nothingAsksForNothing() {
    let facts = PromptFacts(of: "")
    #expect(facts == PromptFacts())
    #expect(facts.complexity == 0 && facts.task == nil && facts.domain == nil && facts.language == nil)
  }

  @Test func whatIsNoLanguageIsNotUnderstood() {
    let megabyte = PromptFacts(of: String(repeating: "a", count: 1 << 20))
    #expect(megabyte.task == nil && megabyte.language == nil && megabyte.signals[0] == 1)
    #expect(PromptRules().band(of: megabyte.complexity) == .low)
    let marks = PromptFacts(of: String(repeating: "?", count: 10_000))
    #expect(marks.strengths.questions == 0.25 && marks.task == nil && !marks.hasCode)
    let repaired = PromptFacts(of: String(repeating: "\u{fffd}", count: 1_000))
    #expect(repaired.language == nil && repaired.task == nil)
    var chance = Chance(seed: 3)
    let letters = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
    let blob = PromptFacts(ofBytes: (0..<50_000).map { _ in chance.pick(letters) } + Array("=".utf8))
    #expect(blob.task == nil && blob.domain == nil && blob.language == nil && !blob.hasCode)
  }

  @Test func aLongTextIsReadAtBothEnds() {
    let middle = String(repeating: "The river runs by the old town and on to the sea. ", count: 2_000)
    #expect(middle.utf8.count > 90 << 10)
    let atEnd = PromptFacts(of: middle + "\n\nTranslate the text above to French.")
    let atStart = PromptFacts(of: "Translate the text below to French.\n\n" + middle)
    #expect(atEnd.task == .translation && atStart.task == .translation && atStart.language == "en")
    // What stands between is material.
    let within = PromptFacts(of: middle + "Translate it." + middle)
    #expect(within.task == .chat)
    #expect(PromptFacts(of: middle + "```" + middle).hasCode, "bytes are counted everywhere")
  }

  @Test func hugeCodeIsCode() {
    let facts = PromptFacts(of: String(repeating: "int f(int x) {\n  return g(x);\n}\n", count: 3_000))
    #expect(facts.hasCode && facts.task == .code && facts.domain == .software && facts.strengths.code == 1)
  }

  @Test func signsOfProseAreNoCode() {
    for text in [
      "Smile (it helps); then go on.", "Title\n=====\n\nText & more && more", "a: b\nc: d\ne: f\n",
      "First (see above):\nSecond (see below):\n", "What?! Really?? 10% = little", "fish `and` chips",
    ] {
      #expect(!PromptFacts(of: text).hasCode, "\(text)")
    }
    for text in ["x == y && f()", "<a></a><b></b></c>", "```", "def f(x):\n  pass", "if (a) {\n}\nelse {\n"] {
      #expect(PromptFacts(of: text).hasCode, "\(text)")
    }
  }

  @Test func linesThatBeginAListAreSeen() {
    func words(_ text: String) -> WordScan {
      var scan = PromptScan(length: text.utf8.count)
      Array(text.utf8).withUnsafeBytes { scan.add($0) }
      scan.end()
      return scan.words
    }
    let found = words(
      "# A\n## B\n- c\n* d\n  + e\n• f\n1. g\n12) h\n| i |\n-j\n#k\n3.14\n---\n**l** - m\nn # o\n")
    #expect(found.headings == 2 && found.items == 4 && found.numberedItems == 2 && found.tableRows == 1)
    #expect(words("- ").items == 1 && words("-").items == 0)
  }
}
