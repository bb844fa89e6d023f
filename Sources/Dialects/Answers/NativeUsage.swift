/// Usage and finish reasons of Anthropic's and Ollama's own answers, for those that pass.
extension Finish {
  /// Of a message, or of a stream's last delta: whether it has calls is what its reason says. Nil where it hasn't ended.
  init?(ofMessage message: JSONValue) {
    let calls = message["stop_reason"]?.string.map({ $0 == "tool_use" }) == true
    self.init(anthropic: message, calls: calls ? 1 : 0)
  }
}

extension Usage {
  /// Of a whole answer of Ollama's, or of a stream's last line; nil where it counts nothing. A prompt that it has kept is not counted.
  static func ofLine(_ object: JSONValue) -> Usage? {
    var usage = Usage()
    let hasInput = object["prompt_eval_count"]?.takeCount(into: &usage.input) ?? false
    let hasOutput = object["eval_count"]?.takeCount(into: &usage.output) ?? false
    return hasInput || hasOutput ? usage : nil
  }
}

extension Finish.Reason {
  /// `done_reason` in the words of all dialects.
  init(ofLine reason: String) {
    self =
      switch reason {
      case "stop": .stop
      case "length": .length
      default: .other
      }
  }
}
