/// Holds calls and results of a chat's messages together, as OpenAI does.
enum ChatTurns {
  static func check(_ messages: JSONValue) throws(Refusal) {
    var open: [String] = []
    for (index, message) in (messages.elements ?? []).enumerated() {
      if message["role"] == "tool" {
        try close(message, index, &open)
      } else {
        guard open.isEmpty else { throw unanswered(open, before: index) }
        open = try calls(of: message, index)
      }
    }
    guard open.isEmpty else { throw unanswered(open, before: messages.elements?.count ?? 0) }
  }

  private static func close(_ message: JSONValue, _ index: Int, _ open: inout [String]) throws(Refusal) {
    guard let id = message["tool_call_id"]?.text else { throw missing("messages[\(index)].tool_call_id") }
    guard let place = open.firstIndex(of: id) else {
      throw Refusal(
        message:
          "Invalid parameter: messages with role 'tool' must be a response to a preceeding message with "
          + "'tool_calls'.", parameter: "messages.[\(index)].role")
    }
    open.remove(at: place)
  }

  /// The ids of a message's calls.
  private static func calls(of message: JSONValue, _ index: Int) throws(Refusal) -> [String] {
    guard let calls = message["tool_calls"], calls != .null else { return [] }
    let place = "messages[\(index)].tool_calls"
    guard let elements = calls.elements, !elements.isEmpty else {
      throw Refusal(
        message:
          "Invalid '\(place)': empty array. Expected an array with minimum length 1, but got an empty array "
          + "instead.", parameter: place)
    }
    var ids: [String] = []
    for (number, call) in elements.enumerated() {
      guard let id = call["id"]?.text else { throw missing("\(place)[\(number)].id") }
      guard call["type"] == "function" else { throw missing("\(place)[\(number)].type") }
      guard call["function"]?["name"]?.text != nil else { throw missing("\(place)[\(number)].function.name") }
      guard call["function"]?["arguments"]?.text != nil else {
        let arguments = "\(place)[\(number)].function.arguments"
        throw Refusal(message: "Invalid type for '\(arguments)': expected a string.", parameter: arguments)
      }
      ids.append(id)
    }
    return ids
  }

  private static func missing(_ name: String) -> Refusal {
    Refusal(message: "Missing required parameter: '\(name)'.", parameter: name)
  }

  private static func unanswered(_ open: [String], before index: Int) -> Refusal {
    Refusal(
      message: "An assistant message with 'tool_calls' must be followed by tool messages responding to each "
        + "'tool_call_id'. The following tool_call_ids did not have response messages: "
        + open.joined(separator: ", "), parameter: "messages.[\(index)].role")
  }
}
