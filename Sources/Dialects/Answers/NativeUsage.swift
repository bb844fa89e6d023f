/// Usage and finish reasons of Anthropic's and Ollama's own answers, for those that pass.
extension Usage {
  /// Takes what a `usage` of Anthropic's says. Its input counts neither what the cache gave nor what it was filled with; of a stream the
  /// first one has the input and the last one the output, and all are totals.
  mutating func take(ofMessage object: JSONValue) -> Bool {
    var fresh = input - cached - cacheWrites
    let found = object["input_tokens"]?.takeCount(into: &fresh) ?? false
    _ = object["cache_read_input_tokens"]?.takeCount(into: &cached)
    _ = object["cache_creation_input_tokens"]?.takeCount(into: &cacheWrites)
    input = fresh + cached + cacheWrites
    return object["output_tokens"]?.takeCount(into: &output) ?? false || found
  }

  /// Of an answer of Ollama's, or of a stream's last line; nil where it counts nothing. A prompt that it has kept is not counted.
  static func ofLine(_ object: JSONValue) -> Usage? {
    var usage = Usage()
    let hasInput = object["prompt_eval_count"]?.takeCount(into: &usage.input) ?? false
    let hasOutput = object["eval_count"]?.takeCount(into: &usage.output) ?? false
    return hasInput || hasOutput ? usage : nil
  }
}

extension Finish.Reason {
  /// Anthropic's `stop_reason` in the words of all dialects.
  init(ofMessage reason: String) {
    self =
      switch reason {
      case "end_turn": .stop
      case "max_tokens", "model_context_window_exceeded": .length
      case "stop_sequence": .stopSequence
      case "tool_use": .toolCalls
      case "pause_turn": .pause
      case "refusal": .refusal
      default: .other
      }
  }

  /// Ollama's `done_reason`.
  init(ofLine reason: String) {
    self =
      switch reason {
      case "stop": .stop
      case "length": .length
      default: .other
      }
  }
}
