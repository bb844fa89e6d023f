/// What one object of a provider's answer says: a whole answer, or a line of a stream.
struct OllamaObject {
  private(set) var hasMessage = false
  private(set) var text: String?
  private(set) var thinking: String?
  private(set) var calls: [ToolCall] = []
  private(set) var tokens: [Logprobs.Token] = []
  private(set) var isDone = false
  /// Nil where the server counts nothing.
  private(set) var usage: Usage?
  private var reason: String?

  /// Throws for a key that comes twice.
  init(_ root: SourcedValue, _ keys: KeySet) throws(PeekError) {
    var (counts, isCounted) = (Usage(), false)
    var members = root.members(at: FieldPath(), keys)
    while let (key, value) = try members.next(keys) {
      if key == "message" {
        try read(message: value, keys)
      } else if key == "done" {
        isDone = value.value.bool ?? false
      } else if key == "done_reason" {
        reason = value.value.filledText
      } else if key == "logprobs" {
        tokens = Logprobs.tokens(ofList: value.value)
      } else if key == "prompt_eval_count" {
        isCounted = value.value.takeCount(into: &counts.input) || isCounted
      } else if key == "eval_count" {
        isCounted = value.value.takeCount(into: &counts.output) || isCounted
      }
    }
    if isCounted { usage = counts }
  }

  /// Why it ended. `hasCalls`: tools were called, here or before.
  func finish(hasCalls: Bool) -> Finish {
    switch reason {
    case nil, "stop"?: Finish(hasCalls ? .toolCalls : .stop)
    case "length"?: Finish(.length)
    case "tool_calls"?: Finish(.toolCalls)
    case "content_filter"?: Finish(.contentFilter)
    default: Finish(.other)
    }
  }

  private mutating func read(message value: SourcedValue, _ keys: KeySet) throws(PeekError) {
    hasMessage = value.value.isObject
    var members = value.members(at: FieldPath("message"), keys)
    while let (key, value) = try members.next(keys) {
      if key == "content" {
        text = value.value.filledText
      } else if key == "thinking" {
        thinking = value.value.filledText
      } else if key == "tool_calls" {
        var elements = value.elements
        while let element = elements.next() {
          let call = try Self.call(element, keys)
          calls.append(call)
        }
      }
    }
  }

  /// Its name is empty where there is none.
  private static func call(_ value: SourcedValue, _ keys: KeySet) throws(PeekError) -> ToolCall {
    var call = ToolCall(id: value.value["id"]?.filledText ?? "", name: "", arguments: JSONText(""))
    var members = value.members(at: FieldPath("tool_calls"), keys)
    while let (key, value) = try members.next(keys) {
      guard key == "function" else { continue }
      call.name = value.value["name"]?.filledText ?? ""
      call.arguments = try arguments(ofFunction: value, keys)
    }
    return call
  }

  /// An object as the model wrote it. Some servers send it as a text.
  private static func arguments(
    ofFunction value: SourcedValue, _ keys: KeySet
  ) throws(PeekError) -> JSONText {
    var arguments = JSONText("")
    var members = value.members(at: FieldPath("function"), keys)
    while let (key, value) = try members.next(keys) {
      guard key == "arguments", !value.isNull else { continue }
      arguments = value.value.string.map { JSONText($0.buffer) } ?? value.text
    }
    return arguments
  }
}

extension ChatStart {
  /// The head that each object repeats.
  init(ollama root: JSONValue) {
    self.init(
      model: root["model"]?.filledText, created: root["created_at"]?.filledText.flatMap(OllamaTime.seconds))
  }
}

extension Logprobs {
  /// Ollama's list, in the members of OpenAI's tokens.
  fileprivate static func tokens(ofList value: JSONValue) -> [Token] {
    var tokens: [Token] = []
    var elements = value.elements
    while let element = elements.next() { tokens.append(token(ollama: element)) }
    return tokens
  }

  private static func token(ollama value: JSONValue) -> Token {
    var bytes: [UInt8]?
    if var elements = value["bytes"]?.elements {
      var read: [UInt8] = []
      while let element = elements.next() { read.append(UInt8(truncatingIfNeeded: element.int ?? 0)) }
      if !read.isEmpty { bytes = read }
    }
    return Token(
      value["token"]?.string?.string ?? "", value["logprob"]?.double ?? 0, bytes: bytes,
      top: value["top_logprobs"].map(tokens(ofList:)) ?? [])
  }
}
