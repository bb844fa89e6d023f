/// Reads a client's request: one pass over the whole document.
struct AnthropicRequestReader {
  var request = ChatRequest(origin: .anthropic)
  let keys: KeySet
  /// What stands in `system`, which becomes the first message.
  private var system: [ChatPart] = []

  init(keys: KeySet) { self.keys = keys }

  /// Reads the members of `root`, an object. Null is the same as nothing.
  mutating func read(_ root: SourcedValue) throws(PeekError) {
    var members = root.members(at: FieldPath(), keys)
    while let (key, value) = try members.next(keys) {
      if value.isNull { continue }
      if try readContent(key, value) { continue }
      if try readSampling(key, value) { continue }
      if try readOutput(key, value) { continue }
      request.others.append(RawMember(key.string, value.text))
    }
    guard !request.messages.isEmpty else { throw .missing("messages") }
    if !system.isEmpty { request.messages.insert(ChatMessage(.system, system), at: 0) }
  }

  /// What the model is to read, and may call. False for another key.
  private mutating func readContent(_ key: JSONBytes, _ value: SourcedValue) throws(PeekError) -> Bool {
    if key == "messages" {
      try readMessages(value)
    } else if key == "system" {
      system = try content(value, of: FieldPath("system"), named: nil)
    } else if key == "model" {
      request.model = try value.string("model")
    } else if key == "tools" {
      try readTools(value)
    } else if key == "tool_choice" {
      try readToolChoice(value)
    } else if key == "metadata" {
      try readMetadata(value)
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
    } else {
      return false
    }
    return true
  }

  /// How the answer is to be.
  private mutating func readOutput(_ key: JSONBytes, _ value: SourcedValue) throws(PeekError) -> Bool {
    if key == "max_tokens" {
      request.maxTokens = try value.count("max_tokens")
    } else if key == "stop_sequences" {
      try readStop(value)
    } else if key == "stream" {
      request.stream = try value.bool("stream")
    } else if key == "thinking" {
      try readThinking(value)
    } else if key == "output_config" {
      try readOutputConfig(value)
    } else if key == "output_format" {
      // Its name before it became a member of `output_config`.
      request.format = try format(value, at: FieldPath("output_format"))
    } else {
      return false
    }
    return true
  }

  private mutating func readStop(_ value: SourcedValue) throws(PeekError) {
    try value.requireArray("stop_sequences")
    var elements = value.elements
    while let element = elements.next() {
      let text = try element.string("stop_sequences[\(request.stop.count)]")
      request.stop.append(text)
    }
  }

  /// The API knows `user_id` alone; routing knows more.
  private mutating func readMetadata(_ value: SourcedValue) throws(PeekError) {
    try value.requireObject("metadata")
    var members = value.members(at: FieldPath("metadata"), keys)
    while let (key, value) = try members.next(keys) {
      if key == "user_id" {
        if !value.isNull { request.user = try value.string("metadata.user_id") }
      } else {
        request.metadata.append(RawMember(key.string, value.text))
      }
    }
  }
}
