/// What stands around the turn that asks: in other turns, system prompts, and what tools gave back.
package struct PromptContext: Sendable, Equatable {
  /// Turns of the user, the one that asks among them.
  package var turns = 0
  /// Bytes of text.
  package var bytes = 0
  package var hasCode = false

  package init() {}
}

extension PromptFacts {
  /// What a turn and its context tell, by these rules.
  package init(_ scan: PromptScan, in context: PromptContext, by rules: PromptRules) {
    var scan = scan
    scan.end()
    let (words, counts) = (scan.words, scan.counts)
    let asksWithCode =
      counts.looksLikeCode || words.hits.programs >= 3
      || words.hits.programs > 0 && counts.codeLines + counts.codeMarks > 0
    hasCode = asksWithCode || context.hasCode
    language = words.language
    // Fewer known words than one in eight are chance: a language that nobody knows here, or no language.
    if words.known > 0 && words.known * 8 >= words.words || asksWithCode {
      task = words.hits.task(hasCode: asksWithCode)
      domain = words.hits.domain(hasCode: hasCode, words: words.words)
    }
    strengths = SignalValues(scan, asksWithCode: asksWithCode, context)
    complexity = rules.complexity(of: strengths)
  }
}

extension SignalValues {
  /// None of them falls where something is added to a turn that is looked at whole for what it asks.
  fileprivate init(_ scan: PromptScan, asksWithCode: Bool, _ context: PromptContext) {
    let (words, counts) = (scan.words, scan.counts)
    // 64 bytes are nothing much, 16 KiB are all that it can be. The context counts for an eighth.
    let bytes = Double(scan.length) + Double(context.bytes) / 8
    length = min(1, Elementary.log(1 + bytes / 64) / Self.logOfMost)
    reasoning = Self.share(words.hits.reasoning, of: 4)
    if asksWithCode {
      code = 0.5 + 0.5 * Self.share(counts.fences + counts.codeLines + counts.codeMarks, of: 20)
    } else {
      code = context.hasCode ? 0.4 : 0.4 * Self.share(words.hits.tools, of: 3)
    }
    steps = Self.share(words.hits.steps + words.numberedItems, of: 5)
    questions = Self.share(counts.questions + words.questions, of: 4)
    numbers = Self.share(counts.digits, of: 50)
    structure = Self.share(
      words.items + words.numberedItems + words.headings + words.tableRows, of: 12)
    depth = Self.share(max(0, context.turns - 1), of: 8)
  }

  private static let logOfMost = Elementary.log(1 + 16_384 / 64)

  private static func share(_ count: Int, of most: Int) -> Double { min(1, Double(count) / Double(most)) }
}
