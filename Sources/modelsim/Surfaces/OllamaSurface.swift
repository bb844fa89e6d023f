import NIOCore

/// POST /api/chat and /api/generate of Ollama; a stream is one JSON object a line. Calls come whole.
enum OllamaSurface {
  static func body(_ rendition: Rendition, into buffer: inout ByteBuffer) {
    let answer = rendition.answer
    start(rendition, into: &buffer)
    content(rendition, into: &buffer) { buffer in answer.writeText(choice: 0, into: &buffer) }
    if answer.thinking > 0 { buffer.writeString(",\"thinking\":\"\(answer.thoughts)\"") }
    calls(answer.calls, from: 0, into: &buffer)
    if rendition.surface == .ollamaChat { buffer.writeStaticString("}") }
    end(answer, into: &buffer)
  }

  static func piece(_ index: Int, _ rendition: Rendition, into buffer: inout ByteBuffer) {
    let place = rendition.answer.place(of: index)
    if case .call = place.part, !place.isLast { return }
    start(rendition, into: &buffer)
    content(rendition, into: &buffer) { buffer in
      if place.part == .text { rendition.answer.write(place, choice: 0, into: &buffer) }
    }
    if place.part == .thought {
      buffer.writeStaticString(",\"thinking\":\"")
      rendition.answer.write(place, choice: 0, into: &buffer)
      buffer.writeStaticString("\"")
    }
    if case .call(let number) = place.part {
      calls([rendition.answer.calls[number]], from: number, into: &buffer)
    }
    buffer.writeStaticString(rendition.surface == .ollamaChat ? "},\"done\":false}\n" : ",\"done\":false}\n")
  }

  static func closing(_ rendition: Rendition, into buffer: inout ByteBuffer) {
    start(rendition, into: &buffer)
    content(rendition, into: &buffer) { _ in }
    if rendition.surface == .ollamaChat { buffer.writeStaticString("}") }
    end(rendition.answer, into: &buffer)
    buffer.writeStaticString("\n")
  }

  private static func start(_ rendition: Rendition, into buffer: inout ByteBuffer) {
    buffer.writeString("{\"model\":\"\(rendition.model)\",\"created_at\":\"2025-06-15T15:06:40.000000Z\",")
  }

  /// The text's member; of a chat, the message is left open.
  private static func content(
    _ rendition: Rendition, into buffer: inout ByteBuffer, text: (inout ByteBuffer) -> Void
  ) {
    buffer.writeStaticString(
      rendition.surface == .ollamaChat
        ? "\"message\":{\"role\":\"assistant\",\"content\":\"" : "\"response\":\"")
    text(&buffer)
    buffer.writeStaticString("\"")
  }

  private static func calls(_ calls: [Answer.Call], from first: Int, into buffer: inout ByteBuffer) {
    guard !calls.isEmpty else { return }
    let list = calls.enumerated().map { index, call in
      "{\"function\":{\"index\":\(first + index),\"name\":\"\(call.name)\",\"arguments\":\(call.arguments)}}"
    }
    buffer.writeString(",\"tool_calls\":[\(list.joined(separator: ","))]")
  }

  /// The members of a last line. Its times, in nanoseconds, are constant.
  private static func end(_ answer: Answer, into buffer: inout ByteBuffer) {
    let reason = answer.finish == .length ? "length" : "stop"
    buffer.writeString(",\"done\":true,\"done_reason\":\"\(reason)\",\"total_duration\":3000000,")
    buffer.writeString("\"load_duration\":1000000,\"prompt_eval_count\":\(answer.promptTokens),")
    buffer.writeString("\"prompt_eval_duration\":1000000,\"eval_count\":\(answer.completionTokens),")
    buffer.writeStaticString("\"eval_duration\":1000000}")
  }
}
