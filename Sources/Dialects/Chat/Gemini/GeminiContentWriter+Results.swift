/// Results of tools: `functionResponse`.
extension GeminiContentWriter {
  /// Those of neighbouring messages, in the order of their calls, as Gemini tells calls of one tool apart by it; images behind them.
  mutating func writeResults(_ range: Range<Int>) throws(PeekError) {
    let order = calls(before: range.lowerBound)
    var found: [(result: ToolResult, message: Int, rank: Int)] = []
    for index in range {
      for part in request.messages[index].parts {
        guard case .toolResult(let result) = part.content else { continue }
        if part.cache != nil { try losses.lose(.cacheMark, at: "messages[\(index)]") }
        found.append((result, index, order.firstIndex(of: result.callID) ?? order.count))
      }
    }
    found.sort { ($0.rank, $0.message) < ($1.rank, $1.message) }
    for (result, message, _) in found { try write(result, at: message) }
    for (result, message, _) in found { try writeImages(of: result, at: message) }
  }

  /// The ids of the calls in the turn that ends there.
  private func calls(before end: Int) -> [String] {
    let earlier = request.messages[..<end]
    let start = earlier.lastIndex { $0.role != .assistant }.map { $0 + 1 } ?? 0
    return earlier[start...].flatMap { $0.parts.compactMap { $0.toolCall?.id } }
  }

  private mutating func write(_ result: ToolResult, at index: Int) throws(PeekError) {
    let place = "messages[\(index)]"
    let known = request.toolName(ofCall: result.callID, before: index) ?? request.messages[index].name
    guard let name = known else {
      throw .notCarried(
        place, to: .gemini,
        "Results go by the tool's name there, and no call before this one has its id. Send that call too.")
    }
    if result.isError == true { try losses.lose(.toolError, at: place) }
    begin(.results)
    bytes.append(#"{"functionResponse":"#)
    var response = ObjectWriter(bytes)
    response.member("id", result.callID.isEmpty ? nil : result.callID)
    response.member("name", name)
    response.key("response")
    var object = ObjectWriter(bytes)
    // A text even where it is JSON: numbers would come out as doubles.
    object.member(result.isError == true ? "error" : "output", result.parts.joinedText)
    object.end()
    response.end()
    bytes.append("}")
  }

  private mutating func writeImages(of result: ToolResult, at index: Int) throws(PeekError) {
    for part in result.parts where part.text == nil {
      try losses.lose(.toolResultImage, at: "messages[\(index)]")
      begin(.user)
      try write(part.content, at: "messages[\(index)]")
    }
  }
}
