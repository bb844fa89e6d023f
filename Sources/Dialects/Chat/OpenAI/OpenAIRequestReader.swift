/// Reads a client's request: one pass over the whole document.
struct OpenAIRequestReader {
  var request = ChatRequest(origin: .openai)
  let keys: KeySet
  /// `max_tokens`, the older name of the limit.
  private var olderLimit: Int?

  init(keys: KeySet) { self.keys = keys }

  /// Reads the members of `root`, an object. Null is the same as nothing.
  mutating func read(_ root: SourcedValue) throws(PeekError) {
    var members = root.members(at: FieldPath(), keys)
    while let (key, value) = try members.next(keys) {
      if value.isNull { continue }
      if try readContent(key, value) { continue }
      if try readSampling(key, value) { continue }
      if try readOutput(key, value) { continue }
      if try readCaller(key, value) { continue }
      request.others.append(RawMember(key.string, value.text))
    }
    guard !request.messages.isEmpty else { throw .missing("messages") }
    settleLimit()
  }

  /// Both names are allowed at once only to those who know what they do.
  private mutating func settleLimit() {
    guard let olderLimit else { return }
    if request.maxTokens == nil {
      (request.maxTokens, request.limitWord) = (olderLimit, "max_tokens")
    } else {
      request.others.append(RawMember("max_tokens", JSONText("\(olderLimit)")))
    }
  }

  /// What the model is to read, and may call. False for another key.
  private mutating func readContent(_ key: JSONBytes, _ value: SourcedValue) throws(PeekError) -> Bool {
    if key == "messages" {
      try readMessages(value)
    } else if key == "model" {
      request.model = try value.string("model")
    } else if key == "tools" {
      try readTools(value)
    } else if key == "tool_choice" {
      request.toolChoice = try toolChoice(value)
    } else if key == "parallel_tool_calls" {
      request.parallelToolCalls = try value.bool("parallel_tool_calls")
    } else {
      return false
    }
    return true
  }

  private mutating func readSampling(_ key: JSONBytes, _ value: SourcedValue) throws(PeekError) -> Bool {
    if key == "temperature" {
      request.sampling.temperature = try value.number("temperature")
    } else if key == "top_p" {
      request.sampling.topP = try value.number("top_p")
    } else if key == "top_k" {
      request.sampling.topK = try value.int("top_k")
    } else if key == "frequency_penalty" {
      request.sampling.frequencyPenalty = try value.number("frequency_penalty")
    } else if key == "presence_penalty" {
      request.sampling.presencePenalty = try value.number("presence_penalty")
    } else if key == "seed" {
      request.sampling.seed = try value.int("seed")
    } else {
      return false
    }
    return true
  }

  /// How the answer is to be.
  private mutating func readOutput(_ key: JSONBytes, _ value: SourcedValue) throws(PeekError) -> Bool {
    if key == "stream" {
      request.stream = try value.bool("stream")
    } else if key == "stream_options" {
      try readStreamOptions(value)
    } else if key == "max_completion_tokens" {
      request.maxTokens = try value.count("max_completion_tokens")
    } else if key == "max_tokens" {
      olderLimit = try value.count("max_tokens")
    } else if key == "stop" {
      request.stop = try stop(value)
    } else if key == "n" {
      request.choices = try value.count("n")
    } else if key == "response_format" {
      request.format = try format(value)
    } else if key == "logprobs" {
      request.logprobs = try value.bool("logprobs")
    } else if key == "top_logprobs" {
      request.topLogprobs = try value.count("top_logprobs")
    } else if key == "reasoning_effort" {
      let effort = try value.string("reasoning_effort")
      request.reasoning = Reasoning(
        mode: request.reasoning?.mode, effort: effort, budget: request.reasoning?.budget)
    } else if key == "thinking" {
      try readThinking(value)
    } else {
      return false
    }
    return true
  }

  private mutating func readCaller(_ key: JSONBytes, _ value: SourcedValue) throws(PeekError) -> Bool {
    if key == "user" {
      request.user = try value.string("user")
    } else if key == "metadata" {
      try value.requireObject("metadata")
      var members = value.members(at: FieldPath("metadata"), keys)
      while let (key, value) = try members.next(keys) {
        request.metadata.append(RawMember(key.string, value.text))
      }
    } else {
      return false
    }
    return true
  }
}
