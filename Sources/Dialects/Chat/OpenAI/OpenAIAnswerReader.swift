/// Reads whole answers of providers that speak OpenAI's dialect.
enum OpenAIAnswerReader {
  /// Nil for what has no choices, such as an error that claims success, or a call that can't be read.
  static func read(_ root: JSONValue) -> ChatAnswer? {
    guard root["choices"]?.isArray == true, root["error"]?.isNull != false else { return nil }
    var choices: [ChatAnswer.Choice] = []
    var elements = root["choices"]?.elements
    while let element = elements?.next() {
      guard let choice = Self.choice(element, at: choices.count) else { return nil }
      choices.append(choice)
    }
    guard !choices.isEmpty else { return nil }
    return ChatAnswer(
      id: root["id"]?.filledText, model: root["model"]?.filledText, created: root["created"]?.int,
      choices: choices, usage: root["usage"].flatMap({ Usage($0) }))
  }

  private static func choice(_ value: JSONValue, at position: Int) -> ChatAnswer.Choice? {
    let message = value["message"]
    var parts = message.map(thoughts) ?? []
    if let text = message?["content"]?.filledText { parts.append(.text(text)) }
    var pieces = message?["content"]?.elements
    while let piece = pieces?.next() {
      if let text = piece["text"]?.filledText { parts.append(.text(text)) }
    }
    if let refusal = message?["refusal"]?.filledText { parts.append(ChatPart(.refusal(refusal))) }
    var calls = message?["tool_calls"]?.elements
    while let call = calls?.next() {
      guard let call = Self.toolCall(call) else { return nil }
      parts.append(ChatPart(.toolCall(call)))
    }
    return ChatAnswer.Choice(
      index: value["index"]?.int ?? position, parts,
      finish: value["finish_reason"]?.string.map { Finish(openAI: $0) },
      logprobs: value["logprobs"].flatMap { Logprobs(openAI: $0) })
  }

  /// Blocks where there are any, else the text.
  private static func thoughts(_ message: JSONValue) -> [ChatPart] {
    var parts: [ChatPart] = []
    var blocks = message["thinking_blocks"]?.elements
    while let block = blocks?.next() {
      let thinking = Thinking(
        text: block["thinking"]?.filledText ?? "", signature: block["signature"]?.filledText,
        redacted: block["data"]?.filledText)
      parts.append(ChatPart(.thinking(thinking)))
    }
    let text = message.thoughts
    if parts.isEmpty, let text { parts = [ChatPart(.thinking(Thinking(text: text)))] }
    return parts
  }

  private static func toolCall(_ value: JSONValue) -> ToolCall? {
    let function = value["function"]
    let arguments = function?["arguments"]
    guard arguments?.string != nil || arguments?.isNull != false else { return nil }
    return ToolCall(
      id: value["id"]?.filledText ?? "", name: function?["name"]?.filledText ?? "",
      arguments: arguments?.string.map { JSONText($0.buffer) } ?? JSONText(""))
  }
}

extension JSONValue {
  /// A text that isn't empty.
  var filledText: String? {
    guard let text = string, text.count > 0 else { return nil }
    return text.string
  }

  /// Thoughts in a message or a delta, by either name that servers have for them.
  var thoughts: String? { self["reasoning_content"]?.filledText ?? self["reasoning"]?.filledText }
}

extension Finish {
  init(openAI word: JSONBytes) {
    if word == "stop" {
      self.init(.stop)
    } else if word == "length" {
      self.init(.length)
    } else if word == "tool_calls" || word == "function_call" {
      self.init(.toolCalls)
    } else if word == "content_filter" {
      self.init(.contentFilter)
    } else {
      self.init(.other)
    }
  }

  /// OpenAI's word for it.
  var openAIWord: StaticString {
    switch reason {
    case .stop, .stopSequence, .pause, .other: "stop"
    case .length: "length"
    case .toolCalls: "tool_calls"
    case .contentFilter, .refusal: "content_filter"
    }
  }
}

extension Logprobs {
  /// Nil for what has none, such as null.
  init?(openAI value: JSONValue) {
    let (content, refusal) = (Self.tokens(value["content"]), Self.tokens(value["refusal"]))
    guard content != nil || refusal != nil else { return nil }
    self.init(content: content, refusal: refusal)
  }

  private static func tokens(_ value: JSONValue?) -> [Token]? {
    guard let value, value.isArray else { return nil }
    var tokens: [Token] = []
    var elements = value.elements
    while let element = elements.next() { tokens.append(token(element)) }
    return tokens
  }

  private static func token(_ value: JSONValue) -> Token {
    var bytes: [UInt8]?
    if let list = value["bytes"], list.isArray {
      var (elements, read) = (list.elements, [UInt8]())
      while let element = elements.next() { read.append(UInt8(truncatingIfNeeded: element.int ?? 0)) }
      bytes = read
    }
    return Token(
      value["token"]?.string?.string ?? "", value["logprob"]?.double ?? 0, bytes: bytes,
      top: tokens(value["top_logprobs"]) ?? [])
  }
}
