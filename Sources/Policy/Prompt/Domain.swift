/// What a prompt is about, as far as its words tell. The raw values are the words of the configuration.
package enum Domain: String, CaseIterable, Sendable {
  case legal, medical, finance, science, software
  /// None of those.
  case general

  /// By its word or another name of it, in letters of any size; nil for any other word.
  package init?(name: String) {
    let word = PromptHint.word(name)
    guard let domain = Domain(rawValue: word) ?? Self.others[word] else { return nil }
    self = domain
  }

  private static let others: [String: Domain] = [
    "law": .legal, "medicine": .medical, "health": .medical, "healthcare": .medical, "financial": .finance,
    "banking": .finance, "scientific": .science, "engineering": .software, "coding": .software,
  ]
}

/// What a client says of its prompt.
enum PromptHint {
  /// As the configuration spells it: `Code-Review` is `code_review`.
  static func word(_ name: String) -> String {
    String(decoding: name.lowercased().utf8.map { $0 == 0x2d || $0 == 0x20 ? 0x5f : $0 }, as: UTF8.self)
  }
}
