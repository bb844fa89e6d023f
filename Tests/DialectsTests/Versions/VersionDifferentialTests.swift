import Dialects
import Foundation
import Policy
import Testing

/// Random bodies with random versions spliced in: Foundation reads the original with the changes, and no key twice.
@Suite("Versions against Foundation")
struct VersionDifferentialTests {
  private static let seeds = 0..<4_000 as Range<UInt64>

  @Test func chatsMeanWhatTheVersionSays() throws {
    let peek = Peek()
    var changed = 0
    for seed in Self.seeds {
      var maker = ChatBodyMaker(seed: seed)
      let made = maker.make()
      let body = PaddedBytes(made.bytes)
      peek.notesMembers = seed % 2 == 0
      guard let request = try? peek.request(body, surface: .chatCompletions),
        DuplicateKeys.paths(in: made.bytes).isEmpty
      else { continue }
      var version = VersionMaker(seed: seed)
      let (parameters, prompt) = version.make()
      let spliced = peek.spliced(
        request, body: body, model: "new", includeUsage: true,
        version: VersionEdits(parameters: parameters, prompt: prompt))
      changed += 1
      var expected = try object(body.array)
      expected["model"] = "new"
      var options = expected["stream_options"] as? [String: Any] ?? [:]
      options["include_usage"] = true
      expected["stream_options"] = options
      for (name, value) in parameters { try override(&expected, name, value) }
      if let prompt {
        let messages = expected["messages"] as? [Any] ?? []
        expected["messages"] = [["role": "system", "content": prompt]] + messages
      }
      try check(spliced, means: expected, .chatCompletions, peek, "seed \(seed)")
    }
    #expect(changed > Self.seeds.count / 4)
  }

  @Test(arguments: [(Surface.responses, "instructions"), (.completions, "prompt")])
  func textsBeginWithThePrompt(surface: Surface, name: String) throws {
    let peek = Peek()
    for seed in Self.seeds {
      var version = VersionMaker(seed: seed)
      let (parameters, prompt) = version.make()
      let client = version.clientText()
      var trees = JSONTreeMaker(seed: seed)
      var members = [#""x":\#(trees.spelled(trees.object()))"#, #""y" : \#(trees.spelled(trees.object())) "#]
      if let client {
        members.append(#" "\#(name)" :\#(client.map { trees.spelled(.string($0)) } ?? "null")"#)
      }
      if seed % 3 == 0 { members.append(#""temperature":\#(trees.spelled(trees.object()))"#) }
      members.shuffle(using: &version.random)
      let body = PaddedBytes("{\(members.joined(separator: ","))}".utf8)
      peek.notesMembers = seed % 2 == 0
      let request = try peek.request(body, surface: surface)
      let spliced = peek.spliced(
        request, body: body, model: nil, includeUsage: false,
        version: VersionEdits(parameters: parameters, prompt: prompt))
      var expected = try object(body.array)
      for (key, value) in parameters where key != "response_format" {
        let isLimit = key.hasPrefix("max_")
        let key = !isLimit ? key : surface == .responses ? "max_output_tokens" : "max_tokens"
        expected[key] = try any(value)
      }
      if let prompt {
        let text = client.flatMap { $0 } ?? ""
        expected[name] = text.isEmpty ? prompt : prompt + "\n\n" + text
      }
      try check(spliced, means: expected, surface, peek, "seed \(seed): \(body.text)")
    }
  }

  /// Of a chat, where both names of the most tokens are the client's to choose.
  private func override(_ body: inout [String: Any], _ name: String, _ value: JSONLiteral) throws {
    let limits = ["max_tokens", "max_completion_tokens"]
    let names = limits.contains(name) ? limits.filter { body[$0] != nil } : [name]
    for name in names.isEmpty ? [name] : names { body[name] = try any(value) }
  }

  private func check(
    _ spliced: PaddedBytes, means expected: [String: Any], _ surface: Surface, _ peek: Peek, _ what: String
  ) throws {
    let found = try object(spliced.array)
    #expect(NSDictionary(dictionary: found) == NSDictionary(dictionary: expected), "\(what)")
    #expect(DuplicateKeys.paths(in: spliced.array).isEmpty, "\(what)")
    #expect(throws: Never.self, "\(what)") { try peek.request(spliced, surface: surface) }
  }

  private func object(_ bytes: [UInt8]) throws -> [String: Any] {
    try #require(try JSONSerialization.jsonObject(with: Data(bytes)) as? [String: Any])
  }

  private func any(_ value: JSONLiteral) throws -> Any {
    try JSONSerialization.jsonObject(with: Data(value.text.utf8), options: .fragmentsAllowed)
  }
}

/// Random parameters and prompts.
private struct VersionMaker {
  var random: SeededGenerator

  init(seed: UInt64) { random = SeededGenerator(seed: seed &* 31 &+ 7) }

  mutating func make() -> (parameters: [String: JSONLiteral], prompt: String?) {
    let choices: [(String, [String])] = [
      ("temperature", ["0", "0.70", "1e-3", "null"]), ("top_p", ["1", "0.5"]), ("seed", ["7", "-7"]),
      ("stop", [#"["a\"b","\n"]"#, #""]}""#]), ("extra", [#"{"a":[1,{"model":"no"}]}"#]),
      ("response_format", [#"{"type":"json_object"}"#]),
    ]
    var parameters: [String: JSONLiteral] = [:]
    for (name, values) in choices where Int.random(in: 0..<3, using: &random) == 0 {
      parameters[name] = values.randomElement(using: &random).flatMap { try? JSONLiteral(text: $0) }
    }
    if let limit = [nil, "max_tokens", "max_completion_tokens"].randomElement(using: &random) ?? nil {
      parameters[limit] = try? JSONLiteral(text: "17")
    }
    return (parameters, Bool.random(using: &random) ? text(atLeast: 1) : nil)
  }

  /// Nil: none; nil within: null.
  mutating func clientText() -> String?? {
    [nil, .some(nil), .some(""), .some(text(atLeast: 1)), .some(text(atLeast: 1))].randomElement(
      using: &random) ?? nil
  }

  private mutating func text(atLeast least: Int) -> String {
    let parts = ["word ", "é", "😀", "\"", "\\", "\n", "{", "],", "\u{0}", "\u{7f}", "\u{2028}", "e\u{301}"]
    return (0..<Int.random(in: least...8, using: &random)).map { _ in
      parts.randomElement(using: &random) ?? "a"
    }
    .joined()
  }
}
