/// Reads a client's request: one pass over the whole document.
struct OllamaRequestReader {
  var request = ChatRequest(origin: .ollama)
  let keys: KeySet
  var history = OllamaCalls()

  /// A stream is what clients get unless they say otherwise.
  init(keys: KeySet) {
    self.keys = keys
    request.stream = true
  }

  /// Reads the members of `root`, a body of `/api/chat`. Null is the same as nothing.
  mutating func readChat(_ root: SourcedValue) throws(PeekError) {
    var members = root.members(at: FieldPath(), keys)
    while let (key, value) = try members.next(keys) {
      if value.isNull { continue }
      if key == "messages" {
        try readMessages(value)
      } else if key == "tools" {
        try readTools(value)
      } else if try !readOutput(key, value) {
        request.others.append(RawMember(key.string, value.text))
      }
    }
    guard !request.messages.isEmpty else { throw .missing("messages") }
  }

  /// Reads the members of `root`, a body of `/api/generate`, as a turn of the user, behind the system's where it has one.
  mutating func readGenerate(_ root: SourcedValue) throws(PeekError) {
    var (system, prompt, pictures) = ("", "", [ChatPart]())
    var members = root.members(at: FieldPath(), keys)
    while let (key, value) = try members.next(keys) {
      if value.isNull { continue }
      if key == "prompt" {
        prompt = try value.string("prompt")
      } else if key == "system" {
        system = try value.string("system")
      } else if key == "images" {
        pictures = try images(value, "images") { FieldPath("images", $0) }
      } else if try !readOutput(key, value), !Self.isUnused(key, value.value) {
        request.others.append(RawMember(key.string, value.text))
      }
    }
    guard !prompt.isEmpty || !pictures.isEmpty else { throw .missing("prompt") }
    if !system.isEmpty { request.messages.append(ChatMessage(.system, [.text(system)])) }
    let said = prompt.isEmpty ? [] : [ChatPart.text(prompt)]
    request.messages.append(ChatMessage(.user, pictures + said))
  }

  /// Ollama's own clients send these with nothing in them.
  private static func isUnused(_ key: JSONBytes, _ value: JSONValue) -> Bool {
    guard key == "raw" || key == "suffix" || key == "template" || key == "context" else { return false }
    var elements = value.elements
    return value.bool == false || value.string?.count == 0 || value.isArray && elements.next() == nil
  }

  /// How the answer is to be. False for another key.
  private mutating func readOutput(_ key: JSONBytes, _ value: SourcedValue) throws(PeekError) -> Bool {
    if key == "model" {
      request.model = try value.string("model")
    } else if key == "stream" {
      request.stream = try value.bool("stream")
    } else if key == "format" {
      request.format = try format(value)
    } else if key == "think" {
      request.reasoning = try reasoning(value)
    } else if key == "options" {
      try readOptions(value)
    } else if key == "logprobs" {
      request.logprobs = try value.bool("logprobs")
    } else if key == "top_logprobs" {
      request.topLogprobs = try value.count("top_logprobs")
    } else {
      return false
    }
    return true
  }
}
