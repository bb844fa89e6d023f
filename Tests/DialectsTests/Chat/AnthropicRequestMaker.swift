import Dialects

/// Makes random requests in Anthropic's dialect, each in the form that it is written in: no null, a text for a single block of text without
/// a mark, results of tools in front of what the user says with them.
struct AnthropicRequestMaker {
  private var random: SeededGenerator

  init(seed: UInt64) { random = SeededGenerator(seed: seed) }

  mutating func make() -> String {
    var members = ["\"messages\":" + list(messages())]
    add(&members, "model", string(text()))
    add(&members, "system", chance(50) ? string(text()) : list([markedText(), textBlock()]))
    addOptions(&members)
    addTools(&members)
    add(&members, "service_tier", pick([#""auto""#, #""standard_only""#]))
    add(&members, "container", #"{ "id" : "c1","skills":[ ] }"#)
    add(&members, "cache_control", #"{"type":"ephemeral"}"#)
    members.shuffle(using: &random)
    return "{" + members.joined(separator: ", ") + "}"
  }

  private mutating func addOptions(_ members: inout [String]) {
    add(&members, "max_tokens", "\(number(0...9_000))")
    add(&members, "temperature", pick(["0", "0.7", "1", "1e-3"]))
    add(&members, "top_p", pick(["1", "0.25"]))
    add(&members, "top_k", "40")
    add(&members, "stop_sequences", list((0..<number(1...4)).map { _ in string(text()) }))
    add(&members, "stream", "true")
    add(
      &members, "metadata",
      pick([#"{"user_id":"u-1"}"#, #"{"task_type":"code","user_id":"u-1"}"#, #"{"k":[ 1.50 ]}"#]))
    add(
      &members, "thinking",
      pick([
        #"{"type":"enabled","budget_tokens":2048}"#, #"{"type":"disabled"}"#, #"{"type":"adaptive"}"#,
        #"{"type":"between_tools"}"#,
      ]))
    let format = #""format":{"type":"json_schema","schema":\#(schema)}"#
    add(
      &members, "output_config", pick([#"{"effort":"max"}"#, "{\(format)}", #"{\#(format),"effort":"low"}"#]))
  }

  /// With spaces and numbers that have to stay as they are.
  private let schema = #"{ "type" : "object","properties":{"é":{"maximum":1.50,"enum":["}","\"]"]}} }"#

  private mutating func addTools(_ members: inout [String]) {
    guard chance(60) else { return }
    var tools = (0..<number(1...3)).map { index -> String in
      let strict = chance(30) ? #","strict":\#(pick(["true", "false"]))"# : ""
      let words = chance(70) ? #","description":\#(string(text()))"# : ""
      let mark = chance(20) ? #","cache_control":{"type":"ephemeral","ttl":"1h"}"# : ""
      return #"{"name":"f\#(index)"\#(words),"input_schema":\#(schema)\#(strict)\#(mark)}"#
    }
    if chance(20) { tools.append(#"{"type":"web_search_20250305","name":"web_search","max_uses": 3}"#) }
    members.append("\"tools\":" + list(tools))
    let parallel = chance(50) ? #","disable_parallel_tool_use":\#(pick(["true", "false"]))"# : ""
    add(
      &members, "tool_choice",
      pick([
        #"{"type":"none"}"#, #"{"type":"auto"\#(parallel)}"#, #"{"type":"any"\#(parallel)}"#,
        #"{"type":"tool","name":"f0"\#(parallel)}"#,
      ]))
  }

  // MARK: Messages

  private mutating func messages() -> [String] {
    (0..<number(1...3)).flatMap { _ -> [String] in
      let turns = [
        #"{"role":"user","content":\#(userContent())}"#,
        #"{"role":"assistant","content":\#(assistantContent())}"#,
      ]
      return chance(15) ? turns + [#"{"role":"system","content":\#(string(text()))}"#] : turns
    }
  }

  private mutating func userContent() -> String {
    if chance(40) { return string(text()) }
    let results = chance(40) ? (0..<number(1...2)).map { result($0) } : []
    if !results.isEmpty, chance(30) { return list(results) }
    let said = [
      markedText(), textBlock(),
      #"{"type":"image","source":{"type":"url","url":"https://a.example/b.png?c=d,e"}}"#,
      #"{"type":"image","source":{"type":"base64","media_type":"image/png","data":"iVBORw0KGgo="},"cache_control":{"type":"ephemeral"}}"#,
      #"{"type":"image","source":{"type":"file","file_id":"f1"}}"#,
      #"{"type":"document","source":{"type":"text","media_type":"text/plain","data":"d"},"title" : null}"#,
    ]
    return list(results + [markedText(), pick(said), pick(said)])
  }

  private mutating func result(_ index: Int) -> String {
    var members = [#""type":"tool_result""#, #""tool_use_id":"toolu_\#(index)""#]
    let image = #"{"type":"image","source":{"type":"base64","media_type":"image/gif","data":"AA=="}}"#
    add(&members, "content", pick([string(text()), list([textBlock(), image]), list([image])]))
    add(&members, "is_error", pick(["true", "false"]))
    add(&members, "cache_control", #"{"type":"ephemeral","ttl":"5m"}"#)
    return "{" + members.joined(separator: ",") + "}"
  }

  private mutating func assistantContent() -> String {
    if chance(40) { return string(text()) }
    let blocks = [
      #"{"type":"thinking","thinking":"hm é","signature":"c2ln"}"#,
      #"{"type":"redacted_thinking","data":"ZW5j"}"#, markedText(), textBlock(),
      #"{"type":"server_tool_use","id":"srvtoolu_1","name":"web_search","input":{ }}"#, call(0), call(1),
    ]
    return list([markedText(), pick(blocks), pick(blocks), pick(blocks)])
  }

  private mutating func call(_ index: Int) -> String {
    let input = pick(["{}", #"{ "a" : [1.0, "}"] }"#])
    return #"{"type":"tool_use","id":"toolu_\#(index)","name":"f\#(index)","input":\#(input)}"#
  }

  private mutating func textBlock() -> String { #"{"type":"text","text":\#(string(text()))}"# }

  private mutating func markedText() -> String {
    let lifetime = chance(50) ? #","ttl":"1h""# : ""
    return #"{"type":"text","text":\#(string(text())),"cache_control":{"type":"ephemeral"\#(lifetime)}}"#
  }

  // MARK: Pieces

  private mutating func add(_ members: inout [String], _ key: String, _ value: String) {
    if chance(35) { members.append("\"\(key)\": \(value)") }
  }

  private func list(_ elements: [String]) -> String { "[" + elements.joined(separator: " ,") + "]" }

  private func string(_ text: String) -> String {
    let bytes = PaddedBytes()
    bytes.appendJSON(text)
    return bytes.text
  }

  private mutating func text() -> String {
    (0..<number(1...6)).map { _ in
      pick(["word ", "é", "e\u{301}", "😀", "\"", "\\", "\n", "{", "],", "\u{7f}"])
    }
    .joined()
  }

  private mutating func number(_ range: ClosedRange<Int>) -> Int { Int.random(in: range, using: &random) }
  private mutating func chance(_ percent: Int) -> Bool { number(0...99) < percent }
  private mutating func pick(_ words: [String]) -> String { words[number(0...words.count - 1)] }
}
