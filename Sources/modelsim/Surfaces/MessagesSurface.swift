import NIOCore

/// POST /v1/messages of Anthropic: blocks of thoughts, text and calls. A stream has named events, no [DONE].
enum MessagesSurface {
  static func body(_ rendition: Rendition, into buffer: inout ByteBuffer) {
    start(rendition, into: &buffer)
    for (index, part) in rendition.answer.parts.enumerated() {
      if index > 0 { buffer.writeStaticString(",") }
      block(part, rendition, into: &buffer)
    }
    buffer.writeStaticString("],")
    stop(rendition.answer, into: &buffer)
    buffer.writeStaticString(",\"usage\":")
    usage(rendition.answer, output: rendition.answer.completionTokens, into: &buffer)
    buffer.writeStaticString("}")
  }

  static func opening(_ rendition: Rendition, into buffer: inout ByteBuffer) {
    event("message_start", into: &buffer) { buffer in
      buffer.writeStaticString(",\"message\":")
      start(rendition, into: &buffer)
      buffer.writeStaticString("],\"stop_reason\":null,\"stop_sequence\":null,\"usage\":")
      usage(rendition.answer, output: 1, into: &buffer)
      buffer.writeStaticString("}")
    }
  }

  static func piece(_ index: Int, _ rendition: Rendition, into buffer: inout ByteBuffer) {
    let place = rendition.answer.place(of: index)
    let block = number(of: place.part, in: rendition.answer)
    if place.isFirst { begin(place.part, block, rendition, into: &buffer) }
    delta(place.part, block, into: &buffer) { buffer in
      rendition.answer.write(place, choice: 0, into: &buffer)
    }
    guard place.isLast else { return }
    if place.part == .thought {
      let signature = Signature.of(rendition.answer.thoughts)
      event("content_block_delta", into: &buffer) { buffer in
        buffer.writeString(",\"index\":\(block),\"delta\":{\"type\":\"signature_delta\",")
        buffer.writeString("\"signature\":\"\(signature)\"}")
      }
    }
    event("content_block_stop", into: &buffer) { buffer in buffer.writeString(",\"index\":\(block)") }
  }

  static func closing(_ rendition: Rendition, into buffer: inout ByteBuffer) {
    event("message_delta", into: &buffer) { buffer in
      buffer.writeStaticString(",\"delta\":{")
      stop(rendition.answer, into: &buffer)
      buffer.writeString("},\"usage\":{\"output_tokens\":\(rendition.answer.completionTokens)}")
    }
    event("message_stop", into: &buffer) { _ in }
  }

  /// Opens a block; the first is followed by a ping.
  private static func begin(
    _ part: Answer.Part, _ block: Int, _ rendition: Rendition, into buffer: inout ByteBuffer
  ) {
    event("content_block_start", into: &buffer) { buffer in
      buffer.writeString(",\"index\":\(block),\"content_block\":")
      switch part {
      case .thought:
        buffer.writeStaticString("{\"type\":\"thinking\",\"thinking\":\"\",\"signature\":\"\"}")
      case .text: buffer.writeStaticString("{\"type\":\"text\",\"text\":\"\"}")
      case .call(let number):
        call(number, rendition, into: &buffer)
        buffer.writeStaticString("{}}")
      }
    }
    if block == 0 { event("ping", into: &buffer) { _ in } }
    if case .call = part { delta(part, block, into: &buffer) { _ in } }
  }

  private static func delta(
    _ part: Answer.Part, _ block: Int, into buffer: inout ByteBuffer, piece: (inout ByteBuffer) -> Void
  ) {
    event("content_block_delta", into: &buffer) { buffer in
      buffer.writeString(",\"index\":\(block),\"delta\":{\"type\":")
      switch part {
      case .thought: buffer.writeStaticString("\"thinking_delta\",\"thinking\":\"")
      case .text: buffer.writeStaticString("\"text_delta\",\"text\":\"")
      case .call: buffer.writeStaticString("\"input_json_delta\",\"partial_json\":\"")
      }
      piece(&buffer)
      buffer.writeStaticString("\"}")
    }
  }

  /// One event; `members` writes what follows its type, each behind a comma.
  private static func event(
    _ name: StaticString, into buffer: inout ByteBuffer, members: (inout ByteBuffer) -> Void
  ) {
    buffer.writeStaticString("event: ")
    buffer.writeStaticString(name)
    buffer.writeStaticString("\ndata: {\"type\":\"")
    buffer.writeStaticString(name)
    buffer.writeStaticString("\"")
    members(&buffer)
    buffer.writeStaticString("}\n\n")
  }

  /// A message up to its first block.
  private static func start(_ rendition: Rendition, into buffer: inout ByteBuffer) {
    buffer.writeString("{\"id\":\"msg_\(rendition.number)\",\"type\":\"message\",\"role\":\"assistant\",")
    buffer.writeString("\"model\":\"\(rendition.model)\",\"content\":[")
  }

  private static func block(_ part: Answer.Part, _ rendition: Rendition, into buffer: inout ByteBuffer) {
    switch part {
    case .thought:
      let thoughts = rendition.answer.thoughts
      buffer.writeString("{\"type\":\"thinking\",\"thinking\":\"\(thoughts)\",")
      buffer.writeString("\"signature\":\"\(Signature.of(thoughts))\"}")
    case .text:
      buffer.writeStaticString("{\"type\":\"text\",\"text\":\"")
      rendition.answer.writeText(choice: 0, into: &buffer)
      buffer.writeStaticString("\"}")
    case .call(let number):
      call(number, rendition, into: &buffer)
      buffer.writeString(rendition.answer.calls[number].arguments + "}")
    }
  }

  /// A call's block up to its input.
  private static func call(_ number: Int, _ rendition: Rendition, into buffer: inout ByteBuffer) {
    buffer.writeString("{\"type\":\"tool_use\",\"id\":\"toolu_\(rendition.number)_\(number)\",")
    buffer.writeString("\"name\":\"\(rendition.answer.calls[number].name)\",\"input\":")
  }

  private static func number(of part: Answer.Part, in answer: Answer) -> Int {
    let thoughts = answer.thinking > 0 ? 1 : 0
    switch part {
    case .thought: return 0
    case .text: return thoughts
    case .call(let number): return thoughts + (answer.textCount > 0 ? 1 : 0) + number
    }
  }

  private static func stop(_ answer: Answer, into buffer: inout ByteBuffer) {
    let reason =
      switch answer.finish {
      case .stop: answer.stopSequence == nil ? "end_turn" : "stop_sequence"
      case .length: "max_tokens"
      case .calls: "tool_use"
      case .refusal: "refusal"
      }
    let sequence = answer.stopSequence.map { quoted($0) } ?? "null"
    buffer.writeString("\"stop_reason\":\"\(reason)\",\"stop_sequence\":\(sequence)")
  }

  private static func usage(_ answer: Answer, output: Int, into buffer: inout ByteBuffer) {
    let fresh = answer.promptTokens - answer.cachedTokens
    buffer.writeString("{\"input_tokens\":\(fresh),\"cache_creation_input_tokens\":0,")
    buffer.writeString("\"cache_read_input_tokens\":\(answer.cachedTokens),")
    buffer.writeString("\"output_tokens\":\(output),\"service_tier\":\"standard\"}")
  }
}
