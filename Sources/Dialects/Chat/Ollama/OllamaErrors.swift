/// Errors as Ollama writes them: `{"error": "text"}`, as a body or as a line of a stream.
extension ChatError {
  /// Servers that speak its dialect may write OpenAI's shape. A line of a stream has no status.
  init(ollama root: JSONValue, status: Int?) {
    self.init(openAI: root, status: status)
    let isVague = kind == .invalidRequest || kind == .server
    if isVague, Self.tellsOfContext(message) { kind = .contextTooLong }
  }

  /// The server says so in several sentences, with several statuses.
  private static func tellsOfContext(_ message: String) -> Bool {
    let words = message.lowercased()
    guard words.contains("exceed") || words.contains("too long") else { return false }
    return words.contains("context length") || words.contains("context size")
      || words.contains("context window")
  }
}

extension ErrorBody {
  /// A text, as the API has it; beside it members that its clients don't ask for.
  func ollama() -> PaddedBytes {
    let bytes = PaddedBytes(capacity: 256 + message.utf8.count)
    var object = ObjectWriter(bytes)
    object.member("error", message)
    object.member("type", type)
    object.member("param", param)
    object.member("code", code)
    object.member("source", source.rawValue)
    object.end()
    return bytes
  }
}
