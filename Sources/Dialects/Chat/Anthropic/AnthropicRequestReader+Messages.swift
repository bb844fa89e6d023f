/// Messages, and the lists that they are made of.
extension AnthropicRequestReader {
  mutating func readMessages(_ value: SourcedValue) throws(PeekError) {
    try value.requireArray("messages")
    var (elements, number) = (value.elements, 0)
    while let element = elements.next() {
      try readMessage(element, at: FieldPath("messages", number))
      number += 1
    }
  }

  private mutating func readMessage(_ value: SourcedValue, at path: FieldPath) throws(PeekError) {
    try value.requireObject(path.text())
    var (found, parts) = (ChatMessage.Role?.none, [ChatPart]?.none)
    var others: [RawMember] = []
    var members = value.members(at: path, keys)
    while let (key, value) = try members.next(keys) {
      if value.isNull { continue }
      if key == "role" {
        found = try role(value, at: path)
      } else if key == "content" {
        parts = try content(value, of: path, named: "content")
      } else {
        others.append(RawMember(key.string, value.text))
      }
    }
    guard let role = found else { throw .missing(path.text("role")) }
    guard let content = parts else { throw .missing(path.text("content")) }
    append(role, content, others)
  }

  private func role(_ value: SourcedValue, at path: FieldPath) throws(PeekError) -> ChatMessage.Role {
    let word = try value.string(path.text("role"))
    switch ChatMessage.Role(rawValue: word) {
    case .user?: return .user
    case .assistant?: return .assistant
    case .system?: return .system
    default: throw .invalid(path.text("role"), "must be 'user' or 'assistant'")
    }
  }

  /// Results of tools are a message of their own, in front of what the user says with them.
  private mutating func append(_ role: ChatMessage.Role, _ parts: [ChatPart], _ others: [RawMember]) {
    var results: [ChatPart] = []
    var said = parts
    if role == .user {
      results = parts.filter { $0.isAnthropicResult }
      if !results.isEmpty { said = parts.filter { !$0.isAnthropicResult } }
    }
    if !results.isEmpty { request.messages.append(ChatMessage(.tool, results)) }
    if results.isEmpty || !said.isEmpty { request.messages.append(ChatMessage(role, said)) }
    request.messages[request.messages.count - 1].others = others
  }

  /// A text, or a list of blocks. `name`: of the list in the object at `path`; nil where the list stands there itself.
  mutating func content(
    _ value: SourcedValue, of path: FieldPath, named name: StaticString?
  ) throws(PeekError) -> [ChatPart] {
    if let text = value.value.string { return [.text(text.string)] }
    guard value.value.isArray else {
      throw .wrongType(
        path.text(name.map { "\($0)" }), expected: "a string or an array of blocks", found: value.value)
    }
    var parts: [ChatPart] = []
    var elements = value.elements
    while let element = elements.next() {
      let place = name.map { path.part(parts.count, of: $0) } ?? FieldPath("system", parts.count)
      let part = try block(element, at: AnthropicPlace(path: place))
      parts.append(part)
    }
    return parts
  }
}

/// Where a block stands: in a message, or in the result of a tool there.
struct AnthropicPlace {
  let path: FieldPath
  /// Its number in the result's list.
  var inner: Int?

  /// The place itself, or `name` in it.
  func text(_ name: String? = nil) -> String {
    guard let inner else { return path.text(name) }
    let below = name.map { ".\($0)" } ?? ""
    return path.text("content[\(inner)]\(below)")
  }
}

extension ChatPart {
  fileprivate var isAnthropicResult: Bool { if case .toolResult = content { true } else { false } }
}
