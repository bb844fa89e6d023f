/// What one object of an answer is to say: a whole answer, or a line of a stream.
struct OllamaSaid {
  /// How an answer ended.
  struct End {
    var finish: Finish?
    var usage: Usage?
  }

  var text = ""
  var thinking: String?
  /// With arguments that are objects.
  var calls: [ToolCall] = []
  /// The number of the first of them.
  var firstCall = 0
  var tokens: [Logprobs.Token] = []
  /// Nil where more follows.
  var end: End?
}

/// Writes objects of one answer for a client.
struct OllamaAnswerObject {
  private let surface: OllamaSurface
  /// Of every object: up to what is said.
  private let opening = PaddedBytes(capacity: 256)

  /// `created`: seconds since 1970.
  init(_ surface: OllamaSurface, model: String, created: Int) {
    self.surface = surface
    var object = ObjectWriter(opening)
    object.member("model", model)
    object.member("created_at", OllamaTime.text(created))
    opening.append(surface == .chat ? #","message":{"role":"assistant","content":"# : #","response":"#)
  }

  /// On one line, which is not ended.
  func write(_ said: OllamaSaid, to bytes: PaddedBytes) {
    opening.withUnsafeBytes { bytes.append($0) }
    bytes.appendJSON(said.text)
    if let thinking = said.thinking {
      bytes.append(#","thinking":"#)
      bytes.appendJSON(thinking)
    }
    if surface == .chat {
      write(said.calls, from: said.firstCall, to: bytes)
      bytes.append("}")
    }
    bytes.append(said.end == nil ? #","done":false"# : #","done":true"#)
    if let end = said.end {
      bytes.append(#","done_reason":""#)
      bytes.append(end.finish.ollamaWord)
      bytes.append("\"")
    }
    if !said.tokens.isEmpty {
      bytes.append(#","logprobs":"#)
      Logprobs.appendOllama(said.tokens, to: bytes)
    }
    if let usage = said.end?.usage {
      bytes.append(#","prompt_eval_count":"#)
      bytes.append(usage.input)
      bytes.append(#","eval_count":"#)
      bytes.append(usage.output)
    }
    bytes.append("}")
  }

  private func write(_ calls: [ToolCall], from first: Int, to bytes: PaddedBytes) {
    guard !calls.isEmpty else { return }
    bytes.append(#","tool_calls":"#)
    bytes.appendList(calls.enumerated()) { place, call in
      bytes.append(#"{"id":"#)
      bytes.appendJSON(call.id)
      bytes.append(#","function":{"index":"#)
      bytes.append(first + place)
      bytes.append(#","name":"#)
      bytes.appendJSON(call.name)
      bytes.append(#","arguments":"#)
      bytes.append(call.arguments.onOneLine)
      bytes.append("}}")
    }
  }
}

extension JSONText {
  /// Line ends stand between tokens only, as texts have them escaped: spaces in their place mean the same.
  fileprivate var onOneLine: JSONText {
    let line: [UInt8] = bytes.map { $0 == 0x0a || $0 == 0x0d ? 0x20 : $0 }
    return JSONText(line)
  }
}

extension Finish? {
  /// Ollama's word for it. It has none for filters.
  fileprivate var ollamaWord: StaticString {
    switch self?.reason {
    case .length?: "length"
    case .contentFilter?: "content_filter"
    case nil, .stop?, .stopSequence?, .toolCalls?, .refusal?, .pause?, .other?: "stop"
    }
  }
}

extension Logprobs {
  fileprivate static func appendOllama(_ tokens: [Token], to bytes: PaddedBytes) {
    bytes.appendList(tokens) { token in
      var object = ObjectWriter(bytes)
      object.member("token", token.token)
      object.member("logprob", token.logprob)
      if let text = token.bytes {
        object.key("bytes")
        bytes.appendList(text) { bytes.append(Int($0)) }
      }
      if !token.top.isEmpty {
        object.key("top_logprobs")
        appendOllama(token.top, to: bytes)
      }
      object.end()
    }
  }
}
