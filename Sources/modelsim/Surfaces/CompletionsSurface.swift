import NIOCore

/// POST /v1/completions (the older surface: text, no messages, no tools).
enum CompletionsSurface {
  static func body(_ rendition: Rendition, into buffer: inout ByteBuffer) {
    start(rendition, into: &buffer)
    for choice in 0..<rendition.answer.choices {
      if choice > 0 { buffer.writeStaticString(",") }
      self.choice(choice, finish: rendition.answer.finish.openAI, into: &buffer) { buffer in
        rendition.answer.writeText(choice: choice, into: &buffer)
      }
    }
    buffer.writeStaticString("],\"usage\":")
    rendition.writeUsage(into: &buffer)
    buffer.writeStaticString("}")
  }

  static func piece(_ index: Int, _ rendition: Rendition, into buffer: inout ByteBuffer) {
    let place = rendition.answer.place(of: index)
    for choice in 0..<rendition.answer.choices {
      event(rendition, into: &buffer) { buffer in
        self.choice(choice, finish: nil, into: &buffer) { buffer in
          rendition.answer.write(place, choice: choice, into: &buffer)
        }
      }
    }
  }

  static func closing(_ rendition: Rendition, into buffer: inout ByteBuffer) {
    for choice in 0..<rendition.answer.choices {
      event(rendition, into: &buffer) { buffer in
        self.choice(choice, finish: rendition.answer.finish.openAI, into: &buffer) { _ in }
      }
    }
    if rendition.includesUsage {
      buffer.writeStaticString("data: ")
      start(rendition, into: &buffer)
      buffer.writeStaticString("],\"usage\":")
      rendition.writeUsage(into: &buffer)
      buffer.writeStaticString("}\n\n")
    }
    buffer.writeStaticString("data: [DONE]\n\n")
  }

  private static func event(
    _ rendition: Rendition, into buffer: inout ByteBuffer, choice: (inout ByteBuffer) -> Void
  ) {
    buffer.writeStaticString("data: ")
    start(rendition, into: &buffer)
    choice(&buffer)
    buffer.writeStaticString(rendition.includesUsage ? "],\"usage\":null}\n\n" : "]}\n\n")
  }

  private static func choice(
    _ index: Int, finish: StaticString?, into buffer: inout ByteBuffer, text: (inout ByteBuffer) -> Void
  ) {
    buffer.writeStaticString("{\"text\":\"")
    text(&buffer)
    buffer.writeStaticString("\",\"index\":")
    buffer.writeDecimal(index)
    buffer.writeStaticString(",\"logprobs\":null,\"finish_reason\":")
    writeFinish(finish, into: &buffer)
    buffer.writeStaticString("}")
  }

  private static func start(_ rendition: Rendition, into buffer: inout ByteBuffer) {
    buffer.writeStaticString("{\"id\":\"cmpl-")
    buffer.writeDecimal(rendition.number)
    buffer.writeStaticString("\",\"object\":\"text_completion\",\"created\":")
    buffer.writeStaticString(Rendition.created)
    buffer.writeStaticString(",\"model\":\"")
    buffer.writeString(rendition.model)
    buffer.writeStaticString("\",\"choices\":[")
  }
}
