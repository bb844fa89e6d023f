/// Makes random chat requests in Ollama's dialect, each in the form that it is written in: a text in every message, a name in every result, and
/// as many ids of results as of their calls.
struct OllamaRequestMaker {
  private var random: SeededGenerator

  init(seed: UInt64) { random = SeededGenerator(seed: seed) }

  mutating func make() -> String {
    var members = [#""messages":"# + messages(), #""stream":"# + pick(["true", "false"])]
    add(&members, "model", text())
    add(&members, "format", pick([#""json""#, schema]))
    add(&members, "think", pick(["true", "false", #""low""#, #""medium""#, #""high""#, #""max""#]))
    add(&members, "logprobs", pick(["true", "false"]))
    add(&members, "top_logprobs", "3")
    add(&members, "tools", tools())
    add(&members, "keep_alive", pick([#""5m""#, "-1", "0"]))
    add(&members, "truncate", "false")
    addOptions(&members)
    members.shuffle(using: &random)
    return "{" + members.joined(separator: ", ") + "}"
  }

  private mutating func addOptions(_ members: inout [String]) {
    var options: [String] = []
    add(&options, "temperature", pick(["0", "0.7", "1e-3"]))
    add(&options, "top_p", "0.25")
    add(&options, "top_k", "40")
    add(&options, "frequency_penalty", "-1.5")
    add(&options, "presence_penalty", "2")
    add(&options, "seed", pick(["0", "-7", "9223372036854775807"]))
    add(&options, "num_predict", pick(["0", "128", "-1", "-2"]))
    add(&options, "stop", list((0..<number(1...3)).map { _ in text() }))
    add(&options, "num_ctx", "8192")
    add(&options, "min_p", "0.05")
    if !options.isEmpty { members.append(#""options":{"# + options.joined(separator: ",") + "}") }
  }

  /// With spaces and numbers that have to stay as they are.
  private let schema = #"{ "type" : "object","properties":{"é":{"maximum":1.50,"enum":["}","\"]"]}} }"#

  private mutating func tools() -> String {
    var tools = (0..<number(1...3)).map { index in
      let words = chance(70) ? #","description":\#(text())"# : ""
      let parameters = chance(80) ? #","parameters":\#(schema)"# : ""
      return #"{"type":"function","function":{"name":"f\#(index)"\#(words)\#(parameters)}}"#
    }
    if chance(10) { tools.append(#"{"type":"search","depth":[1, 2]}"#) }
    return list(tools)
  }

  // MARK: Messages

  private mutating func messages() -> String {
    list((0..<number(1...4)).flatMap { _ in turn() })
  }

  private mutating func turn() -> [String] {
    switch number(0...3) {
    case 0: [#"{"role":"\#(pick(["system", "developer"]))","content":\#(text())}"#]
    case 1: [user()]
    case 2: [#"{"role":"assistant","content":\#(text())\#(thinking())}"#]
    default: tooled()
    }
  }

  private mutating func user() -> String {
    let pictures = list((0..<number(1...2)).map { _ in pick([#""iVBORw0KGgoAAA==""#, #""/9j/4AAQ""#]) })
    let images = chance(30) ? #","images":\#(pictures)"# : ""
    let other = chance(10) ? #","shade":{ "a":1.0 }"# : ""
    return #"{"role":"user","content":\#(pick([text(), "\"\""]))\#(images)\#(other)}"#
  }

  private mutating func thinking() -> String { chance(40) ? #","thinking":\#(text())"# : "" }

  /// A turn that calls tools, and their results in the same order.
  private mutating func tooled() -> [String] {
    let hasIDs = chance(50)
    let count = number(1...3)
    let names = (0..<count).map { _ in pick(["f", "g"]) }
    let calls = (0..<count).map { index in
      let id = hasIDs ? #""id":"call_\#(index)","# : ""
      return #"{\#(id)"function":{"name":"\#(names[index])","arguments":\#(arguments())}}"#
    }
    let results = (0..<count).map { index in
      let id = hasIDs ? #","tool_call_id":"call_\#(index)""# : ""
      return #"{"role":"tool","content":\#(text()),"tool_name":"\#(names[index])"\#(id)}"#
    }
    return [#"{"role":"assistant","content":""\#(thinking()),"tool_calls":\#(list(calls))}"#] + results
  }

  private mutating func arguments() -> String { pick(["{}", #"{ "a" : [1.0, "}"] }"#, #"{"é":"\n"}"#]) }

  // MARK: Pieces

  private mutating func add(_ members: inout [String], _ key: String, _ value: String) {
    if chance(40) { members.append("\"\(key)\": \(value)") }
  }

  private func list(_ elements: [String]) -> String { "[" + elements.joined(separator: " ,") + "]" }

  /// A text as JSON, in the one spelling that it is written in.
  private mutating func text() -> String {
    let words = ["word ", "é", "e\u{301}", "😀", #"\""#, #"\\"#, #"\n"#, "{", "],"]
    let text = (0..<number(1...6)).map { _ in pick(words) }
    return "\"" + text.joined() + "\""
  }

  private mutating func number(_ range: ClosedRange<Int>) -> Int { Int.random(in: range, using: &random) }
  private mutating func chance(_ percent: Int) -> Bool { number(0...99) < percent }
  private mutating func pick(_ words: [String]) -> String { words[number(0...words.count - 1)] }
}
