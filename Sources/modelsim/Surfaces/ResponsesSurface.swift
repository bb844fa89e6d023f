import NIOCore

/// POST /v1/responses: one output item, a message or a function call. A stream has named events, no [DONE].
enum ResponsesSurface {
  static func body(_ rendition: Rendition, into buffer: inout ByteBuffer) {
    response(rendition, status: "completed", into: &buffer)
  }

  static func opening(_ rendition: Rendition, into buffer: inout ByteBuffer) {
    event("response.created", 0, into: &buffer) { buffer in
      buffer.writeStaticString("\"response\":")
      response(rendition, status: "in_progress", into: &buffer)
    }
    event("response.in_progress", 1, into: &buffer) { buffer in
      buffer.writeStaticString("\"response\":")
      response(rendition, status: "in_progress", into: &buffer)
    }
    event("response.output_item.added", 2, into: &buffer) { buffer in
      buffer.writeStaticString("\"output_index\":0,\"item\":")
      item(rendition, isDone: false, into: &buffer)
    }
    guard !rendition.answer.isCall else { return }
    event("response.content_part.added", 3, into: &buffer) { buffer in
      place(rendition, into: &buffer)
      buffer.writeStaticString("\"part\":{\"type\":\"output_text\",\"annotations\":[],\"text\":\"\"}")
    }
  }

  static func piece(_ index: Int, _ rendition: Rendition, into buffer: inout ByteBuffer) {
    let name =
      rendition.answer.isCall ? "response.function_call_arguments.delta" : "response.output_text.delta"
    event(name, firstPiece(rendition) + index, into: &buffer) { buffer in
      place(rendition, into: &buffer)
      buffer.writeStaticString("\"delta\":\"")
      rendition.answer.write(rendition.answer.place(of: index), choice: 0, into: &buffer)
      buffer.writeStaticString("\"")
    }
  }

  static func closing(_ rendition: Rendition, into buffer: inout ByteBuffer) {
    var number = firstPiece(rendition) + rendition.answer.pieceCount
    let isCall = rendition.answer.isCall
    event(
      isCall ? "response.function_call_arguments.done" : "response.output_text.done", number, into: &buffer
    ) { buffer in
      place(rendition, into: &buffer)
      buffer.writeStaticString(isCall ? "\"arguments\":\"" : "\"text\":\"")
      content(rendition.answer, into: &buffer)
      buffer.writeStaticString("\"")
    }
    if !isCall {
      number += 1
      event("response.content_part.done", number, into: &buffer) { buffer in
        place(rendition, into: &buffer)
        buffer.writeStaticString("\"part\":")
        part(rendition, into: &buffer)
      }
    }
    event("response.output_item.done", number + 1, into: &buffer) { buffer in
      buffer.writeStaticString("\"output_index\":0,\"item\":")
      item(rendition, isDone: true, into: &buffer)
    }
    event("response.completed", number + 2, into: &buffer) { buffer in
      buffer.writeStaticString("\"response\":")
      response(rendition, status: "completed", into: &buffer)
    }
  }

  private static func firstPiece(_ rendition: Rendition) -> Int {
    rendition.answer.isCall ? 3 : 4
  }

  private static func event(
    _ name: String, _ number: Int, into buffer: inout ByteBuffer, members: (inout ByteBuffer) -> Void
  ) {
    buffer.writeString("event: \(name)\ndata: {\"type\":\"\(name)\",\"sequence_number\":\(number),")
    members(&buffer)
    buffer.writeStaticString("}\n\n")
  }

  /// Where in the response an event belongs; ends with a comma.
  private static func place(_ rendition: Rendition, into buffer: inout ByteBuffer) {
    buffer.writeString("\"item_id\":\"\(itemID(rendition))\",\"output_index\":0,")
    if !rendition.answer.isCall { buffer.writeStaticString("\"content_index\":0,") }
  }

  private static func itemID(_ rendition: Rendition) -> String {
    (rendition.answer.isCall ? "fc_" : "msg_") + String(rendition.number)
  }

  private static func response(_ rendition: Rendition, status: String, into buffer: inout ByteBuffer) {
    let isDone = status == "completed"
    buffer.writeString("{\"id\":\"resp_\(rendition.number)\",\"object\":\"response\",\"created_at\":")
    buffer.writeStaticString(Rendition.created)
    buffer.writeString(",\"status\":\"\(status)\",\"error\":null,\"incomplete_details\":null,")
    buffer.writeString(
      "\"instructions\":null,\"metadata\":{},\"parallel_tool_calls\":true,\"temperature\":1,")
    buffer.writeString("\"tool_choice\":\"auto\",\"tools\":[],\"top_p\":1,\"model\":\"\(rendition.model)\",")
    buffer.writeStaticString("\"output\":[")
    if isDone { item(rendition, isDone: true, into: &buffer) }
    buffer.writeStaticString("],\"usage\":")
    if isDone { usage(rendition.answer, into: &buffer) } else { buffer.writeStaticString("null") }
    buffer.writeStaticString("}")
  }

  private static func item(_ rendition: Rendition, isDone: Bool, into buffer: inout ByteBuffer) {
    let status = isDone ? "completed" : "in_progress"
    buffer.writeString("{\"id\":\"\(itemID(rendition))\",\"status\":\"\(status)\",")
    if let call = rendition.answer.calls.first {
      let id = "call_\(rendition.number)_0"
      buffer.writeString("\"type\":\"function_call\",\"call_id\":\"\(id)\",\"name\":\"\(call.name)\",")
      buffer.writeStaticString("\"arguments\":\"")
      if isDone { content(rendition.answer, into: &buffer) }
      buffer.writeStaticString("\"}")
    } else {
      buffer.writeStaticString("\"type\":\"message\",\"role\":\"assistant\",\"content\":[")
      if isDone { part(rendition, into: &buffer) }
      buffer.writeStaticString("]}")
    }
  }

  private static func part(_ rendition: Rendition, into buffer: inout ByteBuffer) {
    buffer.writeStaticString("{\"type\":\"output_text\",\"annotations\":[],\"text\":\"")
    content(rendition.answer, into: &buffer)
    buffer.writeStaticString("\"}")
  }

  /// The call's arguments, or the text.
  private static func content(_ answer: Answer, into buffer: inout ByteBuffer) {
    guard let call = answer.calls.first else { return answer.writeText(choice: 0, into: &buffer) }
    buffer.writeString(escaped(call.arguments))
  }

  private static func usage(_ answer: Answer, into buffer: inout ByteBuffer) {
    let output = answer.completionTokens
    buffer.writeString("{\"input_tokens\":\(answer.promptTokens),")
    buffer.writeString("\"input_tokens_details\":{\"cached_tokens\":\(answer.cachedTokens)},")
    buffer.writeString("\"output_tokens\":\(output),\"output_tokens_details\":{\"reasoning_tokens\":0},")
    buffer.writeString("\"total_tokens\":\(answer.promptTokens + output)}")
  }
}
