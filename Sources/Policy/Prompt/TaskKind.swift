/// What a request asks to be done. The raw values are the words of the configuration.
package enum TaskKind: String, CaseIterable, Sendable {
  case code, review, classification, extraction, summarisation, translation, analysis, reasoning, creative,
    chat

  /// By its word or another spelling of it, in letters of any size; nil for any other word.
  package init?(name: String) {
    let word = PromptHint.word(name)
    guard let kind = TaskKind(rawValue: word) ?? Self.others[word] else { return nil }
    self = kind
  }

  private static let others: [String: TaskKind] = [
    "code_generation": .code, "coding": .code, "programming": .code,
    "code_review": .review, "classify": .classification, "extract": .extraction,
    "summarization": .summarisation, "summarize": .summarisation, "summarise": .summarisation,
    "summary": .summarisation, "translate": .translation, "analyze": .analysis, "analyse": .analysis,
    "math": .reasoning, "creative_writing": .creative, "writing": .creative, "conversation": .chat,
  ]
}
