/// How refusals of today's models begin. A guess: who wants certainty asks for a schema, or for words.
enum RefusalWords {
  private static let words = [
    "i can't", "i can’t", "i cannot", "i'm unable", "i’m unable", "i am unable", "i'm sorry, but",
    "i’m sorry, but", "i won't", "i won’t",
  ]

  static func begin(_ text: String) -> Bool {
    let beginning = text.prefix(200).lowercased()
    return words.contains { beginning.contains($0) }
  }
}
