import NIOCore

/// POST /v1/chat/completions.
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
      buffer.writeStaticString(rendition.answer.finish.value)
      buffer.writeStaticString("\"}")
    }
    buffer.writeStaticString("],\"usage\":")
    rendition.writeUsage(into: &buffer)
    buffer.writeStaticString("}")
  }

  private static func message(_ rendition: Rendition, choice: Int, into buffer: inout ByteBuffer) {
    guard case .call(let name, _) = rendition.answer.content else {
      buffer.writeStaticString("{\"role\":\"assistant\",\"content\":\"")
      rendition.answer.writeAll(choice: choice, into: &buffer)
      buffer.writeStaticString("\",\"refusal\":null}")
      return
    }
    buffer.writeStaticString(
      "{\"role\":\"assistant\",\"content\":null,\"refusal\":null,\"tool_calls\":[{\"id\":\"")
    callID(rendition, choice: choice, into: &buffer)
    buffer.writeString("\",\"type\":\"function\",\"function\":{\"name\":\"\(name)\",\"arguments\":\"")
    rendition.answer.writeAll(choice: choice, into: &buffer)
    buffer.writeStaticString("\"}}]}")
  }

  static func opening(_ rendition: Rendition, into buffer: inout ByteBuffer) {
    for choice in 0..<rendition.answer.choices {
      event(rendition, choice: choice, finish: nil, into: &buffer) { buffer in
        guard case .call(let name, _) = rendition.answer.content else {
          buffer.writeStaticString("\"role\":\"assistant\",\"content\":\"\",\"refusal\":null")
          return
        }
        buffer.writeStaticString(
          "\"role\":\"assistant\",\"content\":null,\"tool_calls\":[{\"index\":0,\"id\":\"")
        callID(rendition, choice: choice, into: &buffer)
        buffer.writeString(
          "\",\"type\":\"function\",\"function\":{\"name\":\"\(name)\",\"arguments\":\"\"}}]")
      }
    }
  }

  static func piece(_ index: Int, _ rendition: Rendition, into buffer: inout ByteBuffer) {
    for choice in 0..<rendition.answer.choices {
      event(rendition, choice: choice, finish: nil, into: &buffer) { buffer in
        let isCall = rendition.answer.isCall
        buffer.writeStaticString(
          isCall ? "\"tool_calls\":[{\"index\":0,\"function\":{\"arguments\":\"" : "\"content\":\"")
        rendition.answer.write(piece: index, choice: choice, into: &buffer)
        buffer.writeStaticString(isCall ? "\"}}]" : "\"")
      }
    }
  }

  static func closing(_ rendition: Rendition, into buffer: inout ByteBuffer) {
    for choice in 0..<rendition.answer.choices {
      event(rendition, choice: choice, finish: rendition.answer.finish.value, into: &buffer) { _ in }
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

  private static func callID(_ rendition: Rendition, choice: Int, into buffer: inout ByteBuffer) {
    buffer.writeString("call_\(rendition.number)_\(choice)")
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
  var isCall: Bool {
    guard case .call = content else { return false }
    return true
  }
}
