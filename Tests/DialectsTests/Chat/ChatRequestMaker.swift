/// Makes random chat requests in OpenAI's dialect, each in the form that it is written in: no null but an assistant's content, lists for
/// stop sequences, a text for a single part.
struct ChatRequestMaker {
  private var random: SeededGenerator

  init(seed: UInt64) { random = SeededGenerator(seed: seed) }

  mutating func make() -> String {
    var members = ["\"messages\":" + list((0..<number(1...5)).map { _ in message() })]
    add(&members, "model", string(text()))
    addSampling(&members)
    addOutput(&members)
    addTools(&members)
    add(&members, "user", string(text()))
    add(&members, "metadata", #"{"task_type":"code","k":\#(string(text()))}"#)
    add(&members, "logit_bias", #"{"50256": -100, "1":2.5}"#)
    add(&members, "service_tier", #""flex""#)
    add(&members, "prediction", #"{"type":"content","content":[ {"a":1} , [] ]}"#)
    members.shuffle(using: &random)
    return "{" + members.joined(separator: ", ") + "}"
  }

  private mutating func addSampling(_ members: inout [String]) {
    add(&members, "temperature", pick(["0", "0.7", "2", "1e-3"]))
    add(&members, "top_p", pick(["1", "0.25"]))
    add(&members, "top_k", "40")
    add(&members, "frequency_penalty", pick(["-2", "0.5"]))
    add(&members, "presence_penalty", "1.5")
    add(&members, "seed", pick(["0", "-7", "9223372036854775807"]))
  }

  private mutating func addOutput(_ members: inout [String]) {
    add(&members, pick(["max_tokens", "max_completion_tokens"]), "\(number(0...9_000))")
    add(&members, "stop", list((0..<number(1...4)).map { _ in string(text()) }))
    add(&members, "n", "\(number(1...4))")
    add(&members, "logprobs", pick(["true", "false"]))
    add(&members, "top_logprobs", "3")
    add(&members, "stream", "true")
    add(
      &members, "stream_options",
      pick([
        #"{"include_usage":true}"#, #"{"include_usage":false,"include_obfuscation":false}"#,
        #"{"include_obfuscation":true}"#,
      ]))
    add(&members, "response_format", format())
    add(&members, "reasoning_effort", pick([#""low""#, #""high""#, #""none""#]))
    add(&members, "thinking", pick([#"{"type":"enabled","budget_tokens":2048}"#, #"{"type":"disabled"}"#]))
  }

  private mutating func format() -> String {
    switch number(0...2) {
    case 0: return #"{"type":"text"}"#
    case 1: return #"{"type":"json_object"}"#
    default:
      return
        #"{"type":"json_schema","json_schema":{"name":"n","strict":true,"description":\#(string(text())),"schema":\#(schema)}}"#
    }
  }

  /// With spaces and numbers that have to stay as they are.
  private let schema = #"{ "type" : "object","properties":{"é":{"maximum":1.50,"enum":["}","\"]"]}} }"#

  private mutating func addTools(_ members: inout [String]) {
    guard chance(60) else { return }
    let tools = (0..<number(1...3)).map { index in
      let strict = chance(30) ? #","strict":true"# : ""
      let words = chance(70) ? #","description":\#(string(text()))"# : ""
      let parameters = chance(80) ? #","parameters":\#(schema)"# : ""
      let mark = chance(20) ? #","cache_control":{"type":"ephemeral"}"# : ""
      return #"{"type":"function","function":{"name":"f\#(index)"\#(words)\#(parameters)\#(strict)}\#(mark)}"#
    }
    members.append("\"tools\":" + list(tools))
    add(
      &members, "tool_choice",
      pick([
        #""auto""#, #""none""#, #""required""#, #"{"type":"function","function":{"name":"f0"}}"#,
        #"{"type":"allowed_tools","allowed_tools":{"mode":"required","tools":[{"type":"function","function":{"name":"f0"}}]}}"#,
      ]))
    add(&members, "parallel_tool_calls", pick(["true", "false"]))
  }

  // MARK: Messages

  private mutating func message() -> String {
    let name = chance(20) ? #","name":"ann""# : ""
    switch number(0...3) {
    case 0: return #"{"role":"\#(pick(["system", "developer"]))","content":\#(string(text()))\#(name)}"#
    case 1: return #"{"role":"user","content":\#(content())\#(name)}"#
    case 2: return assistant()
    default: return #"{"role":"tool","tool_call_id":\#(string(text())),"content":\#(string(text()))}"#
    }
  }

  private mutating func content() -> String {
    guard chance(50) else { return string(text()) }
    let mark = chance(30) ? #","cache_control":{"type":"ephemeral","ttl":"1h"}"# : ""
    let parts = [
      #"{"type":"text","text":\#(string(text()))\#(mark)}"#,
      #"{"type":"image_url","image_url":{"url":"https://a.example/b.png?c=d,e","detail":"low"}}"#,
      #"{"type":"image_url","image_url":{"url":"data:image/png;base64,iVBORw0KGgo="}}"#,
      #"{"type":"image_url","image_url":{"url":"data:image/svg+xml;utf8,<svg/>"}}"#,
      #"{"type":"input_audio","input_audio":{ "data":"AA==","format":"wav"}}"#,
    ]
    return list([parts[0], parts[number(0...4)], parts[number(0...4)]])
  }

  private mutating func assistant() -> String {
    var members = [#""role":"assistant""#]
    let calls = chance(40)
    members.append(#""content":"# + (calls && chance(50) ? "null" : string(text())))
    if calls { members.append(#""tool_calls":"# + list((0..<number(1...3)).map { call($0) })) }
    if chance(10) { members.append(#""refusal":"no""#) }
    if chance(10) { members.append(#""audio":{"id":"a1"}"#) }
    if chance(30) {
      members.append(#""reasoning_content":"hm é""#)
      if chance(50) {
        members.append(#""thinking_blocks":[{"type":"thinking","thinking":"hm é","signature":"c2ln"}]"#)
      }
    }
    return "{" + members.joined(separator: ",") + "}"
  }

  private mutating func call(_ index: Int) -> String {
    let arguments = pick(["{}", #"{ "a" : [1.0, "}"] }"#, "not json", ""])
    return
      #"{"id":"call_\#(index)","type":"function","function":{"name":"f\#(index)","arguments":\#(string(arguments))}}"#
  }

  // MARK: Pieces

  private mutating func add(_ members: inout [String], _ key: String, _ value: String) {
    if chance(35) { members.append("\"\(key)\": \(value)") }
  }

  private func list(_ elements: [String]) -> String { "[" + elements.joined(separator: " ,") + "]" }

  private func string(_ text: String) -> String {
    var result = "\""
    for scalar in text.unicodeScalars {
      if scalar == "\"" || scalar == "\\" {
        result += "\\" + String(scalar)
      } else if scalar.value < 0x20 {
        result += "\\u00" + (scalar.value < 0x10 ? "0" : "") + String(scalar.value, radix: 16)
      } else {
        result.unicodeScalars.append(scalar)
      }
    }
    return result + "\""
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
