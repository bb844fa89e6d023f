/// What a request asks to be done. The raw values are the words of the configuration.
package enum TaskKind: String, CaseIterable, Sendable {
  case code, review, classification, extraction, summarisation, translation, analysis, reasoning, creative,
    chat

  /// By its word, or by another spelling of it; nil for any other word.
  package init?(name: String) {
    if let kind = TaskKind(rawValue: name) {
      self = kind
      return
    }
    switch name {
    case "code_generation", "coding": self = .code
    case "code_review": self = .review
    case "summarization", "summary": self = .summarisation
    case "creative_writing": self = .creative
    default: return nil
    }
  }
}
