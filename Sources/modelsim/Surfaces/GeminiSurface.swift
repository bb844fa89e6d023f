import NIOCore

/// POST :generateContent and :streamGenerateContent of Gemini. Calls come whole; a stream has no end mark.
enum GeminiSurface {
  static func body(_ rendition: Rendition, into buffer: inout ByteBuffer) {
    let answer = rendition.answer
    candidates(rendition, finish: answer.finish, into: &buffer) { choice, buffer in
      for (index, part) in answer.parts.enumerated() {
        if index > 0 { buffer.writeStaticString(",") }
        self.part(part, in: answer, into: &buffer) { buffer in
          answer.writeText(choice: choice, into: &buffer)
        }
      }
    }
    end(rendition, pieces: answer.pieceCount, into: &buffer)
  }

  static func piece(_ index: Int, _ rendition: Rendition, into buffer: inout ByteBuffer) {
    let answer = rendition.answer
    let place = answer.place(of: index)
    if case .call = place.part, !place.isLast { return }
    buffer.writeStaticString("data: ")
    candidates(rendition, finish: nil, into: &buffer) { choice, buffer in
      if place.part == .thought {
        buffer.writeStaticString("{\"text\":\"")
        answer.write(place, choice: choice, into: &buffer)
        buffer.writeStaticString("\",\"thought\":true}")
      } else {
        part(place.part, in: answer, into: &buffer) { buffer in
          answer.write(place, choice: choice, into: &buffer)
        }
      }
    }
    end(rendition, pieces: index + 1, into: &buffer)
    buffer.writeStaticString("\n\n")
  }

  static func closing(_ rendition: Rendition, into buffer: inout ByteBuffer) {
    buffer.writeStaticString("data: ")
    candidates(rendition, finish: rendition.answer.finish, into: &buffer) { _, buffer in
      buffer.writeStaticString("{\"text\":\"\"}")
    }
    end(rendition, pieces: rendition.answer.pieceCount, into: &buffer)
    buffer.writeStaticString("\n\n")
  }

  /// A whole part; `text` writes what is said.
  private static func part(
    _ part: Answer.Part, in answer: Answer, into buffer: inout ByteBuffer, text: (inout ByteBuffer) -> Void
  ) {
    switch part {
    case .thought: buffer.writeString("{\"text\":\"\(answer.thoughts)\",\"thought\":true}")
    case .text:
      buffer.writeStaticString("{\"text\":\"")
      text(&buffer)
      buffer.writeStaticString("\"}")
    case .call(let number):
      let call = answer.calls[number]
      buffer.writeString("{\"functionCall\":{\"name\":\"\(call.name)\",\"args\":\(call.arguments)}")
      // After a thought, the first call carries its signature.
      if number == 0, answer.thinking > 0 {
        buffer.writeString(",\"thoughtSignature\":\"\(Signature.of(answer.thoughts))\"")
      }
      buffer.writeStaticString("}")
    }
  }

  /// An answer up to the end of its candidates; `parts` writes one's parts.
  private static func candidates(
    _ rendition: Rendition, finish: Answer.Finish?, into buffer: inout ByteBuffer,
    parts: (Int, inout ByteBuffer) -> Void
  ) {
    buffer.writeStaticString("{\"candidates\":[")
    for choice in 0..<rendition.answer.choices {
      buffer.writeStaticString(choice == 0 ? "{\"content\":{" : ",{\"content\":{")
      // Who has nothing to say has no parts.
      if rendition.answer.pieceCount > 0 {
        buffer.writeStaticString("\"parts\":[")
        parts(choice, &buffer)
        buffer.writeStaticString("],")
      }
      buffer.writeStaticString("\"role\":\"model\"},")
      if let finish { buffer.writeString("\"finishReason\":\"\(reason(finish))\",") }
      buffer.writeString("\"index\":\(choice)}")
    }
  }

  private static func reason(_ finish: Answer.Finish) -> String {
    switch finish {
    case .stop, .calls: "STOP"
    case .length: "MAX_TOKENS"
    case .refusal: "SAFETY"
    }
  }

  /// The rest of an answer, after so many pieces of each candidate.
  private static func end(_ rendition: Rendition, pieces: Int, into buffer: inout ByteBuffer) {
    let answer = rendition.answer
    let thoughts = min(pieces, answer.thinking) * answer.choices
    let spoken = pieces * answer.choices - thoughts
    buffer.writeString("],\"usageMetadata\":{\"promptTokenCount\":\(answer.promptTokens),")
    if answer.cachedTokens > 0 { buffer.writeString("\"cachedContentTokenCount\":\(answer.cachedTokens),") }
    if thoughts > 0 { buffer.writeString("\"thoughtsTokenCount\":\(thoughts),") }
    buffer.writeString("\"candidatesTokenCount\":\(spoken),")
    buffer.writeString("\"totalTokenCount\":\(answer.promptTokens + thoughts + spoken)},")
    buffer.writeString("\"modelVersion\":\"\(rendition.model)\",\"responseId\":\"sim-\(rendition.number)\"}")
  }
}
