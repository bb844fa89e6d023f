import Policy
import Testing

struct GlobTests {
  @Test(arguments: [
    ("chat", "chat"), ("*", ""), ("*", "anything"), ("**", "x"), ("chat-*", "chat-"), ("chat-*", "chat-fast"),
    ("*-fast", "chat-fast"), ("a*c", "abc"), ("a*c", "ac"), ("a*c", "abcbc"), ("a?c", "abc"), ("?", "ä"),
    ("*a*b*c*", "xxaxxbxxcxx"), ("a*b?d", "aXbXbcd"), ("", ""), ("org/*", "org/model:7b"), ("[ab]", "[ab]"),
    ("a.c", "a.c"), ("*?", "x"), ("*?", "ä"), ("ä*?", "äöü"), ("*ü", "äöü"),
  ])
  func matches(pattern: String, name: String) {
    #expect(Glob(pattern).matches(name))
  }

  @Test(arguments: [
    ("chat", "chats"), ("chat", "cha"), ("chat", ""), ("", "a"), ("chat-*", "chat"),
    ("*-fast", "chat-fast-2"),
    ("a*c", "ab"), ("?", ""), ("?", "ab"), ("a?c", "ac"), ("a*b*c", "acb"), ("[ab]", "a"), ("a.c", "abc"),
    ("Chat", "chat"), ("*?", ""), ("??", "ä"), ("*??", "ä"), ("ä", "ö"),
  ])
  func doesNotMatch(pattern: String, name: String) {
    #expect(!Glob(pattern).matches(name))
  }

  /// A matcher that tries every split of every star would not end in this century.
  @Test func manyStarsTakeNoLongerThanTheProductOfTheLengths() {
    let pattern = String(repeating: "a*", count: 60) + "b"
    #expect(!Glob(pattern).matches(String(repeating: "a", count: 2000)))
  }

  @Test func agreesWithAMatcherThatTriesEverySplit() {
    var chance = Chance(seed: 11)
    for _ in 0..<3000 {
      let pattern = text(of: ["a", "b", "*", "?"], &chance)
      let name = text(of: ["a", "b"], &chance)
      #expect(Glob(pattern).matches(name) == slowMatch(pattern[...], name[...]), "\(pattern) \(name)")
    }
  }

  private func text(of letters: [String], _ chance: inout Chance) -> String {
    (0..<chance.below(8)).map { _ in letters[chance.below(letters.count)] }.joined()
  }

  private func slowMatch(_ pattern: Substring, _ name: Substring) -> Bool {
    guard let first = pattern.first else { return name.isEmpty }
    let rest = pattern.dropFirst()
    if first == "*" { return slowMatch(rest, name) || !name.isEmpty && slowMatch(pattern, name.dropFirst()) }
    guard let letter = name.first, first == "?" || first == letter else { return false }
    return slowMatch(rest, name.dropFirst())
  }
}
