import Testing

@testable import Policy

struct VocabularyTests {
  private static let all: [(String, String)] =
    Vocabulary.stopWords.map { ("language \($0.0)", $0.1) }
    + Vocabulary.strongTasks.map { ("task \($0.0)", $0.1) }
    + Vocabulary.weakTasks.map { ("task \($0.0)", $0.1) }
    + Vocabulary.domains.map { ("domain \($0.0)", $0.1) }
    + Vocabulary.flags.map { ("flag \($0.0.rawValue)", $0.1) }

  private func words(_ text: String) -> [Substring] { text.split(whereSeparator: \.isWhitespace) }

  @Test func everyWordIsFoundAndNoTwoAreOne() {
    var known: [UInt64: Substring] = [:]
    for (_, text) in Self.all {
      for word in words(text) {
        let key = WordKey(word)
        #expect(Vocabulary.shared[key] != nil, "\(word)")
        #expect(known[key.value, default: word] == word, "\(word)")
        known[key.value] = word
      }
    }
    #expect(known.count == Vocabulary.shared.count)
  }

  @Test func noWordNamesTwoTasksOrDomains() {
    for kind in ["task", "domain"] {
      var owners: [Substring: String] = [:]
      for (owner, text) in Self.all where owner.hasPrefix(kind) {
        for word in words(text) {
          let other = owners.updateValue(owner, forKey: word)
          #expect(other == nil || other == owner, "\(word): \(owner), \(other ?? "")")
        }
      }
    }
  }

  @Test func lettersOfBothSizesAreTheSame() {
    #expect(WordKey("TransLATE") == WordKey("translate") && WordKey("ÜBER") == WordKey("über"))
    #expect(WordKey("é") != WordKey("ci") && WordKey("ab") != WordKey("b"))
    #expect(Vocabulary.shared[WordKey("Translate")]?.flags.contains(.strong) == true)
    #expect(Vocabulary.shared[WordKey("translat")] == nil)
  }

  @Test func tasksAndDomainsHaveOtherNames() {
    #expect(TaskKind(name: "code_review") == .review && TaskKind(name: "Code-Generation") == .code)
    #expect(TaskKind(name: "summarization") == .summarisation && TaskKind(name: "chat") == .chat)
    #expect(TaskKind(name: "") == nil && TaskKind(name: "codes") == nil)
    #expect(Domain(name: "Law") == .legal && Domain(name: "finance") == .finance && Domain(name: "x") == nil)
    for task in TaskKind.allCases { #expect(TaskKind(name: task.rawValue) == task) }
    for domain in Domain.allCases { #expect(Domain(name: domain.rawValue) == domain) }
  }
}
