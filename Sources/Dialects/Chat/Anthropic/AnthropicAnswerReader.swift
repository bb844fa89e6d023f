/// Reads whole answers of providers that speak Anthropic's dialect.
struct AnthropicAnswerReader {
  let keys: KeySet

  /// Nil for what has no content, such as an error that claims success, or a call that can't be read.
  func read(_ root: SourcedValue) -> ChatAnswer? {
    let message = root.value
    guard message["error"]?.isNull != false else { return nil }
    guard let content = try? member("content", of: root), content.value.isArray else { return nil }
    var parts: [ChatPart] = []
    var elements = content.elements
    while let element = elements.next() {
      let block: ChatPart?
      do { block = try part(element) } catch { return nil }
      if let part = block { parts.append(part) }
    }
    var usage = AnthropicUsage()
    usage.take(message["usage"])
    let calls = parts.count(where: { $0.toolCall != nil })
    if let refusal = message.anthropicRefusal { parts.append(ChatPart(.refusal(refusal))) }
    return ChatAnswer(
      id: message["id"]?.filledText, model: message["model"]?.filledText,
      choices: [ChatAnswer.Choice(parts, finish: Finish(anthropic: message, calls: calls))],
      usage: usage.usage)
  }

  /// Nothing for blocks that only the API has, and for empty ones. Throws where a call can't be read.
  private func part(_ block: SourcedValue) throws(PeekError) -> ChatPart? {
    let value = block.value
    guard let type = value["type"]?.string else { return nil }
    if type == "text" { return value["text"]?.filledText.map { ChatPart.text($0) } }
    if type == "thinking" {
      let thinking = Thinking(
        text: value["thinking"]?.filledText ?? "", signature: value["signature"]?.filledText)
      return thinking == Thinking(text: "") ? nil : ChatPart(.thinking(thinking))
    }
    if type == "redacted_thinking" {
      return value["data"]?.filledText.map { ChatPart(.thinking(Thinking(text: "", redacted: $0))) }
    }
    guard type == "tool_use" else { return nil }
    guard let name = value["name"]?.string else { throw .missing("name") }
    let arguments = try input(of: block) ?? JSONText("{}")
    if name == AnthropicRequestWriter.answerTool { return .text(arguments.text) }
    let call = ToolCall(id: value["id"]?.filledText ?? "", name: name.string, arguments: arguments)
    return ChatPart(.toolCall(call))
  }

  /// What a call is given, as it was sent; nil where it has no such member.
  func input(of block: SourcedValue) throws(PeekError) -> JSONText? {
    guard let input = try member("input", of: block), !input.isNull else { return nil }
    return try input.object("input")
  }

  /// A member with its source; nil where there is none.
  func member(_ name: StaticString, of object: SourcedValue) throws(PeekError) -> SourcedValue? {
    var found: SourcedValue?
    var members = object.members(at: FieldPath(), keys)
    while let (key, value) = try members.next(keys) {
      if key == name { found = value }
    }
    return found
  }
}

extension JSONValue {
  /// Why the model refused, of a message or of a stream's last delta; nil where nobody says.
  var anthropicRefusal: String? {
    guard let details = self["stop_details"], details["type"]?.string?.string == "refusal" else { return nil }
    return details["explanation"]?.filledText
  }
}

extension Finish {
  /// Reads a message, or the last delta of a stream; nil where it hasn't ended. `calls`: those to the client, which some providers don't
  /// end an answer for; the tool whose input is the answer isn't one.
  init?(anthropic message: JSONValue, calls: Int) {
    guard let word = message["stop_reason"]?.string else { return nil }
    if word == "end_turn" || word == "tool_use" {
      self.init(calls > 0 ? .toolCalls : .stop)
    } else if word == "stop_sequence" {
      self.init(.stopSequence, sequence: message["stop_sequence"]?.string?.string)
    } else if word == "max_tokens" || word == "model_context_window_exceeded" {
      self.init(.length)
    } else if word == "refusal" {
      self.init(.refusal)
    } else if word == "pause_turn" {
      self.init(.pause)
    } else {
      self.init(.other)
    }
  }

  /// The members that tell of it. `calls`, `refuses`: the answer has calls, or a refusal, which some providers end as any other answer.
  func appendAnthropic(to object: inout ObjectWriter, calls: Bool, refuses: Bool) {
    let word: StaticString =
      switch reason {
      case .stop, .other: refuses ? #""refusal""# : calls ? #""tool_use""# : #""end_turn""#
      case .stopSequence: #""stop_sequence""#
      case .length: #""max_tokens""#
      case .toolCalls: #""tool_use""#
      case .contentFilter, .refusal: #""refusal""#
      case .pause: #""pause_turn""#
      }
    object.constant("stop_reason", word)
    object.key("stop_sequence")
    if let sequence, reason == .stopSequence {
      object.bytes.appendJSON(sequence)
    } else {
      object.bytes.append("null")
    }
  }
}
