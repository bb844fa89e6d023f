/// One message of a conversation, for whoever judges what was answered to it.
package struct ConversationTurn: Sendable, Equatable {
  package var role: String
  package var text: String

  package init(role: String, text: String) { (self.role, self.text) = (role, text) }
}

extension Peek {
  /// The messages of a chat request that was read before; nil where anything in them is more than text.
  package func conversation(of body: PaddedBytes) -> [ConversationTurn]? {
    defer { trim() }
    guard let root = try? parser.parse(body), let messages = root["messages"], messages.isArray else {
      return nil
    }
    var turns: [ConversationTurn] = []
    // Where what the system says stands beside them.
    if let system = root["system"], !system.isNull {
      guard let text = ConversationTurn.text(of: system) else { return nil }
      turns.append(ConversationTurn(role: "system", text: text))
    }
    var rest = messages.elements
    while let message = rest.next() {
      guard let turn = ConversationTurn(message) else { return nil }
      turns.append(turn)
    }
    return turns
  }
}

extension ConversationTurn {
  private static let roles: Set<String> = ["system", "developer", "user", "assistant", "tool", "function"]

  fileprivate init?(_ message: JSONValue) {
    guard let role = message["role"]?.string?.string, Self.roles.contains(role),
      message["tool_calls"]?.isNull != false, message["function_call"]?.isNull != false,
      message["images"]?.isNull != false, let content = message["content"],
      let text = Self.text(of: content)
    else { return nil }
    self.init(role: role, text: text)
  }

  /// A string, or a list of parts that are texts; nil for anything else.
  fileprivate static func text(of content: JSONValue) -> String? {
    if let text = content.string { return text.string }
    guard content.isArray else { return nil }
    var (text, parts) = ("", content.elements)
    while let part = parts.next() {
      guard part["type"]?.string.map({ $0 == "text" }) == true, let more = part["text"]?.string else {
        return nil
      }
      text += more.string
    }
    return text
  }
}
