import Policy
import Testing

struct PatternParserTests {
  @Test(arguments: [
    "abc", "a|b", "(ab)+c?", #"\d{3}-\d{2}-\d{4}"#, #"\bMRN-\d{6,8}\b"#, #"\ba|b\b"#, "[a-z_]+", "[^,;]{2,}",
    "ä+", "(ä|ö)b",
    ".x", #"\.\\\[\]\(\)\{\}\?\*\+\|"#, #"[\]-]x"#, "(?:ab)*c", #"[\d.-]{2}"#, "a{0,3}b",
  ])
  func whatIsRegularIsRead(text: String) {
    #expect(throws: Never.self) { try Pattern(text) }
  }

  @Test(arguments: [
    ("(a)\\1", "back-reference", 3), ("(?=a)b", "look-around", 0), ("(?<!a)b", "look-around", 0),
    ("(?i)a", "flags", 0),
    (#"a\bb"#, "at the beginning and the end only", 1), (#"(\ba)"#, "at the beginning and the end only", 1),
    ("^a", "anchor", 0), ("a$", "anchor", 1), ("a*?", "lazy", 2), ("a++", "repeats what is repeated", 2),
    ("*a", "repeats nothing", 0), ("a{3,1}", "{m,n} with m <= n", 1), ("a{1,2000}", "up to 1000", 1),
    ("a{x}", "that is no {m}", 1), ("(a", "( without its )", 0), ("a)", ") without its (", 1),
    ("[a", "[ without its ]", 0),
    ("[]", "empty class", 0), ("[z-a]", "range", 1), ("[ä]", "beyond ASCII", 1),
    (#"\pL"#, "means nothing here", 0),
    (#"\D"#, "means nothing here", 0), ("a\\", "ends in \\", 1),
  ])
  func whatOnePassCannotDoIsRefusedByName(text: String, words: String, offset: Int) throws {
    let error = try #require(throws: PatternError.self) { try Pattern(text) }
    #expect(error.message.contains(words), "\(text): \(error.message)")
    #expect(error.offset == offset, "\(text)")
  }

  @Test(arguments: ["", "a*", "a?", #"\b"#, "(a|)", "a|b|", "a{0,4}", #"\b\b"#])
  func whatMatchesEverywhereIsRefused(text: String) {
    #expect(throws: PatternError.self) { try Pattern(text) }
  }

  @Test func nestingHasABound() throws {
    _ = try Pattern(String(repeating: "(", count: 30) + "a" + String(repeating: ")", count: 30))
    #expect(throws: PatternError.self) {
      try Pattern(String(repeating: "(", count: 40) + "a" + String(repeating: ")", count: 40))
    }
  }
}
