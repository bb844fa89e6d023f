/// Writes whole answers for clients that speak OpenAI's dialect.
enum OpenAIAnswerWriter {
  static func write(_ answer: ChatAnswer, as form: AnswerForm) -> PaddedBytes {
    let bytes = PaddedBytes(capacity: 4 << 10)
    let id = answer.id ?? form.id
    var object = ObjectWriter(bytes)
    object.member("id", id)
    object.constant("object", #""chat.completion""#)
    object.member("created", answer.created ?? form.created)
    object.member("model", answer.model ?? form.model)
    object.key("choices")
    bytes.appendList(answer.choices) { write($0, answer: id, to: bytes) }
    if let usage = answer.usage {
      object.key("usage")
      usage.appendOpenAI(to: bytes)
    }
    object.end()
    return bytes
  }

  private static func write(_ choice: ChatAnswer.Choice, answer id: String, to bytes: PaddedBytes) {
    var object = ObjectWriter(bytes)
    object.member("index", choice.index)
    object.key("message")
    write(choice.parts, choice.index, answer: id, to: bytes)
    object.key("logprobs")
    choice.logprobs.appendOpenAI(to: bytes)
    object.key("finish_reason")
    choice.finish.appendOpenAI(to: bytes)
    object.end()
  }

  private static func write(_ parts: [ChatPart], _ choice: Int, answer id: String, to bytes: PaddedBytes) {
    let texts = parts.compactMap(\.text)
    var message = ObjectWriter(bytes)
    message.constant("role", #""assistant""#)
    message.key("content")
    if texts.isEmpty { bytes.append("null") } else { bytes.appendJSON(texts.joined()) }
    message.key("refusal")
    if let refusal = parts.lazy.compactMap(\.refusal).first {
      bytes.appendJSON(refusal)
    } else {
      bytes.append("null")
    }
    OpenAIMessageWriter.write(parts.compactMap(\.thinking), in: &message)
    var calls = parts.compactMap(\.toolCall)
    for number in calls.indices where calls[number].id.isEmpty {
      calls[number].id = ToolCall.madeID(answer: id, choice: choice, number: number)
    }
    OpenAIMessageWriter.write(calls, in: &message)
    message.end()
  }
}

extension Finish? {
  /// A text, or null.
  func appendOpenAI(to bytes: PaddedBytes) {
    guard let self else { return bytes.append("null") }
    bytes.append("\"")
    bytes.append(self.openAIWord)
    bytes.append("\"")
  }
}

extension Usage {
  /// An object.
  func appendOpenAI(to bytes: PaddedBytes) {
    var object = ObjectWriter(bytes)
    object.member("prompt_tokens", input)
    object.member("completion_tokens", output)
    object.member("total_tokens", input + output)
    object.key("prompt_tokens_details")
    var read = ObjectWriter(bytes)
    read.member("cached_tokens", cached)
    // No word of OpenAI's: left out where there is nothing to say.
    if cacheWrites > 0 { read.member("cache_write_tokens", cacheWrites) }
    read.end()
    object.key("completion_tokens_details")
    var written = ObjectWriter(bytes)
    written.member("reasoning_tokens", reasoning)
    written.end()
    object.end()
  }
}

extension Logprobs? {
  /// An object, or null.
  func appendOpenAI(to bytes: PaddedBytes) {
    guard let self else { return bytes.append("null") }
    bytes.append(#"{"content":"#)
    Logprobs.append(self.content, to: bytes)
    bytes.append(#","refusal":"#)
    Logprobs.append(self.refusal, to: bytes)
    bytes.append("}")
  }
}

extension Logprobs {
  fileprivate static func append(_ tokens: [Token]?, to bytes: PaddedBytes) {
    guard let tokens else { return bytes.append("null") }
    bytes.appendList(tokens) { append($0, isTop: false, to: bytes) }
  }

  private static func append(_ token: Token, isTop: Bool, to bytes: PaddedBytes) {
    var object = ObjectWriter(bytes)
    object.member("token", token.token)
    object.member("logprob", token.logprob)
    object.key("bytes")
    if let text = token.bytes {
      bytes.appendList(text) { bytes.append(Int($0)) }
    } else {
      bytes.append("null")
    }
    if !isTop {
      object.key("top_logprobs")
      bytes.appendList(token.top) { append($0, isTop: true, to: bytes) }
    }
    object.end()
  }
}
