import Testing

@testable import Policy

struct VocabularyTests {
  /// What words are for, and the words.
  private static let all: [(owner: String, words: String)] = {
    var all: [(owner: String, words: String)] = []
    for (language, words) in Vocabulary.stopWords { all.append(("language \(language)", words)) }
    for (task, words) in Vocabulary.strongTasks { all.append(("task \(task)", words)) }
    for (task, words) in Vocabulary.weakTasks { all.append(("task \(task)", words)) }
    for (domain, words) in Vocabulary.domains { all.append(("domain \(domain)", words)) }
    for (flag, words) in Vocabulary.flags { all.append(("flag \(flag.rawValue)", words)) }
    return all
  }()

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
