/// Usage and finish reasons of Ollama's own answers, for those that pass.
extension Usage {
  /// Of a whole answer, or of a stream's last line; nil where it counts nothing. A prompt that it has kept is not counted.
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
