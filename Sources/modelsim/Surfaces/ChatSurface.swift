import NIOCore

/// POST /v1/chat/completions. Thoughts are told as `reasoning_content`, as DeepSeek's API and vLLM do.
enum ChatSurface {
  static func body(_ rendition: Rendition, into buffer: inout ByteBuffer) {
    start(rendition, object: "chat.completion", into: &buffer)
    for choice in 0..<rendition.answer.choices {
      if choice > 0 { buffer.writeStaticString(",") }
      buffer.writeStaticString("{\"index\":")
      buffer.writeDecimal(choice)
      buffer.writeStaticString(",\"message\":")
      message(rendition, choice: choice, into: &buffer)
      buffer.writeStaticString(",\"logprobs\":null,\"finish_reason\":\"")
      buffer.writeStaticString(rendition.answer.finish.openAI)
      buffer.writeStaticString(rendition.isFiltered ? "\",\"content_filter_results\":{}}" : "\"}")
    }
    buffer.writeStaticString("],\"usage\":")
    rendition.writeUsage(into: &buffer)
    if rendition.isFiltered { buffer.writeStaticString(filterResults) }
    buffer.writeStaticString("}")
  }

  /// What Azure tells of the prompt; behind a comma.
  private static let filterResults: StaticString = """
    ,"prompt_filter_results":[{"prompt_index":0,"content_filter_results":\
    {"hate":{"filtered":false,"severity":"safe"}}}]
    """

  private static func message(_ rendition: Rendition, choice: Int, into buffer: inout ByteBuffer) {
    let answer = rendition.answer
    buffer.writeStaticString("{\"role\":\"assistant\",\"content\":")
    if answer.isCall, answer.textCount == 0 {
      buffer.writeStaticString("null,\"refusal\":null")
    } else {
      buffer.writeStaticString(answer.finish == .refusal ? "null,\"refusal\":\"" : "\"")
      answer.writeText(choice: choice, into: &buffer)
      buffer.writeStaticString(answer.finish == .refusal ? "\"" : "\",\"refusal\":null")
    }
    if answer.thinking > 0 { buffer.writeString(",\"reasoning_content\":\"\(answer.thoughts)\"") }
    for (number, call) in answer.calls.enumerated() {
      buffer.writeStaticString(number == 0 ? ",\"tool_calls\":[{" : ",{")
      head(of: call, number, rendition, choice: choice, into: &buffer)
      buffer.writeString(escaped(call.arguments))
      buffer.writeStaticString("\"}}")
    }
    buffer.writeStaticString(answer.isCall ? "]}" : "}")
  }

  /// A call's members up to its arguments' opening quote.
  private static func head(
    of call: Answer.Call, _ number: Int, _ rendition: Rendition, choice: Int, into buffer: inout ByteBuffer
  ) {
    buffer.writeString("\"id\":\"call_\(rendition.number)_\(choice)")
    if number > 0 { buffer.writeString("_\(number)") }
    buffer.writeString("\",\"type\":\"function\",\"function\":{\"name\":\"\(call.name)\",\"arguments\":\"")
  }

  static func opening(_ rendition: Rendition, into buffer: inout ByteBuffer) {
    if rendition.isFiltered {
      buffer.writeStaticString("data: {\"id\":\"\",\"object\":\"\",\"created\":0,\"model\":\"\",")
      buffer.writeStaticString("\"choices\":[]")
      buffer.writeStaticString(filterResults)
      buffer.writeStaticString("}\n\n")
    }
    for choice in 0..<rendition.answer.choices {
      event(rendition, choice: choice, finish: nil, into: &buffer) { buffer in
        guard rendition.answer.beginsWithCall else {
          buffer.writeStaticString("\"role\":\"assistant\",\"content\":\"\",\"refusal\":null")
          return
        }
        buffer.writeStaticString("\"role\":\"assistant\",\"content\":null,")
        announce(0, rendition, choice: choice, into: &buffer)
      }
    }
  }

  private static func announce(
    _ number: Int, _ rendition: Rendition, choice: Int, into buffer: inout ByteBuffer
  ) {
    buffer.writeString("\"tool_calls\":[{\"index\":\(number),")
    head(of: rendition.answer.calls[number], number, rendition, choice: choice, into: &buffer)
    buffer.writeStaticString("\"}}]")
  }

  static func piece(_ index: Int, _ rendition: Rendition, into buffer: inout ByteBuffer) {
    let place = rendition.answer.place(of: index)
    for choice in 0..<rendition.answer.choices {
      // The opening has announced a call that comes first.
      if case .call(let number) = place.part, place.isFirst, index > 0 {
        event(rendition, choice: choice, finish: nil, into: &buffer) { buffer in
          announce(number, rendition, choice: choice, into: &buffer)
        }
      }
      event(rendition, choice: choice, finish: nil, into: &buffer) { buffer in
        switch place.part {
        case .thought: buffer.writeStaticString("\"reasoning_content\":\"")
        case .text:
          let isRefused = rendition.answer.finish == .refusal
          buffer.writeStaticString(isRefused ? "\"refusal\":\"" : "\"content\":\"")
        case .call(let number):
          buffer.writeString("\"tool_calls\":[{\"index\":\(number),\"function\":{\"arguments\":\"")
        }
        rendition.answer.write(place, choice: choice, into: &buffer)
        if case .call = place.part {
          buffer.writeStaticString("\"}}]")
        } else {
          buffer.writeStaticString("\"")
        }
      }
    }
  }

  static func closing(_ rendition: Rendition, into buffer: inout ByteBuffer) {
    for choice in 0..<rendition.answer.choices {
      event(rendition, choice: choice, finish: rendition.answer.finish.openAI, into: &buffer) { _ in }
    }
    if rendition.includesUsage {
      buffer.writeStaticString("data: ")
      start(rendition, object: "chat.completion.chunk", into: &buffer)
      buffer.writeStaticString("],\"usage\":")
      rendition.writeUsage(into: &buffer)
      buffer.writeStaticString("}\n\n")
    }
    buffer.writeStaticString("data: [DONE]\n\n")
  }

  /// One event with one choice; `delta` writes the members of its delta.
  @inline(__always)
  private static func event(
    _ rendition: Rendition, choice: Int, finish: StaticString?, into buffer: inout ByteBuffer,
    delta: (inout ByteBuffer) -> Void
  ) {
    buffer.writeStaticString("data: ")
    start(rendition, object: "chat.completion.chunk", into: &buffer)
    buffer.writeStaticString("{\"index\":")
    buffer.writeDecimal(choice)
    buffer.writeStaticString(",\"delta\":{")
    delta(&buffer)
    buffer.writeStaticString("},\"logprobs\":null,\"finish_reason\":")
    writeFinish(finish, into: &buffer)
    buffer.writeStaticString(rendition.includesUsage ? "}],\"usage\":null}\n\n" : "}]}\n\n")
  }

  private static func start(_ rendition: Rendition, object: StaticString, into buffer: inout ByteBuffer) {
    buffer.writeStaticString("{\"id\":\"chatcmpl-")
    buffer.writeDecimal(rendition.number)
    buffer.writeStaticString("\",\"object\":\"")
    buffer.writeStaticString(object)
    buffer.writeStaticString("\",\"created\":")
    buffer.writeStaticString(Rendition.created)
    buffer.writeStaticString(",\"model\":\"")
    buffer.writeString(rendition.model)
    buffer.writeStaticString("\",\"system_fingerprint\":\"fp_modelsim\",\"choices\":[")
  }
}

/// A finish reason as a JSON value.
func writeFinish(_ finish: StaticString?, into buffer: inout ByteBuffer) {
  guard let finish else {
    buffer.writeStaticString("null")
    return
  }
  buffer.writeStaticString("\"")
  buffer.writeStaticString(finish)
  buffer.writeStaticString("\"")
}

extension Answer {
  /// Whether nothing comes before the first call.
  fileprivate var beginsWithCall: Bool { isCall && thinking == 0 && textCount == 0 }
}

extension Answer.Finish {
  var openAI: StaticString {
    switch self {
    case .stop, .refusal: "stop"
    case .length: "length"
    case .calls: "tool_calls"
    }
  }
}
