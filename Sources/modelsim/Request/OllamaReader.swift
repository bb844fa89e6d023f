import NIOCore

/// Reads an `Ask` from the bodies of Ollama's /api/chat, /api/generate and /api/embed.
///
/// As in Go, unknown members are ignored and wrong types are not. An unknown role is refused, which Ollama would lose.
///
/// After https://github.com/ollama/ollama/blob/main/docs/api.md.
struct OllamaReader {
  private var ask = Ask()
  private var prompt = PromptCount()

  static func read(_ body: ByteBuffer, as surface: Rendition.Surface) throws(Refusal) -> Ask {
    var reader = OllamaReader()
    let root = try Field.root(of: body, in: .ollama)
    guard case .object = root.value else { throw root.refusal(.type("api.ChatRequest")) }
    let model = try root.required("model").string()
    guard !model.isEmpty else { throw Refusal(message: "model is required") }
    reader.ask.model = model
    if surface != .ollamaEmbed { try reader.takeSettings(root) }
    switch surface {
    case .ollamaEmbed: try reader.takeInput(root)
    case .ollamaChat: try reader.takeChat(root)
    default: try reader.takePrompt(root)
    }
    var ask = reader.ask
    ask.take(reader.prompt)
    return ask
  }

  private mutating func takeSettings(_ root: Field) throws(Refusal) {
    ask.isStream = try root["stream"]?.flag() ?? true
    if let options = root["options"] { try takeOptions(options) }
    if let think = root["think"] {
      if case .bool(let thinks) = think.value {
        ask.thinks = thinks
      } else {
        guard ["high", "medium", "low"].contains(think.value.text) else {
          throw Refusal(
            message: "invalid think value: \(think.value) "
              + "(must be \"high\", \"medium\", \"low\", true, or false)")
        }
        ask.thinks = true
      }
    }
    guard let format = root["format"], format.value != "" else { return }
    if case .object = format.value {
      ask.format = .jsonSchema(format.value)
    } else {
      guard format.value == "json" else {
        throw Refusal(
          message: "invalid format: \(format.value); expected \"json\" or a valid JSON Schema object")
      }
      ask.format = .jsonObject
    }
  }

  private mutating func takeOptions(_ options: Field) throws(Refusal) {
    _ = try options.object()
    for name in ["temperature", "top_p", "min_p", "repeat_penalty"] {
      guard let value = options[name]?.value else { continue }
      guard case .number = value else { throw Refusal(message: "option \"\(name)\" must be of type float32") }
    }
    for name in ["num_predict", "num_ctx", "seed", "top_k"] {
      guard let value = options[name]?.value else { continue }
      guard let number = value.integer else {
        throw Refusal(message: "option \"\(name)\" must be of type integer")
      }
      // Below 1 there is no limit.
      if name == "num_predict", number > 0 { ask.maxTokens = number }
    }
    guard let stop = options["stop"] else { return }
    guard stop.value.elements != nil else { throw Refusal(message: "option \"stop\" must be of type array") }
    ask.stops = try stop.strings().filter { !$0.isEmpty }
  }

  private mutating func takePrompt(_ root: Field) throws(Refusal) {
    if let system = root["system"] { prompt.add(text: try system.string()) }
    if let text = root["prompt"] { prompt.add(text: try text.string()) }
    if let suffix = root["suffix"] { prompt.add(text: try suffix.string()) }
    try takeImages(root)
  }

  private mutating func takeInput(_ root: Field) throws(Refusal) {
    let input = try root.required("input")
    if let text = input.value.text { ask.texts = [text] } else { ask.texts = try input.strings() }
    ask.dimensions = try root["dimensions"]?.whole(atLeast: 1)
    for text in ask.texts { prompt.add(text: text) }
  }
}

// MARK: - Chat

extension OllamaReader {
  private mutating func takeChat(_ root: Field) throws(Refusal) {
    for tool in try root["tools"]?.list() ?? [] {
      let function = try tool.required("function")
      let name = try function.required("name").string()
      let schema = function["parameters"]
      ask.offers.append(Ask.Offer(name: name, schema: try schema?.object() ?? ["type": "object"]))
    }
    for message in try root["messages"]?.list() ?? [] { try takeMessage(message) }
  }

  private mutating func takeMessage(_ message: Field) throws(Refusal) {
    _ = try message.object()
    let role = try message.required("role").string()
    guard ["system", "user", "assistant", "tool"].contains(role) else {
      throw Refusal(message: "invalid role: \(role), must be one of [system, user, assistant, tool]")
    }
    prompt.endsWithResult = role == "tool"
    if let content = message["content"] { prompt.add(text: try content.string()) }
    _ = try message["thinking"]?.string()
    _ = try message["tool_name"]?.string()
    try takeImages(message)
    for call in try message["tool_calls"]?.list() ?? [] {
      let function = try call.required("function")
      _ = try function.required("name").string()
      _ = try function.required("arguments").object()
    }
  }

  private mutating func takeImages(_ holder: Field) throws(Refusal) {
    for image in try holder["images"]?.strings() ?? [] {
      guard isBase64(image) else { throw Refusal(message: "illegal base64 data at input byte 0") }
      prompt.addImage()
    }
  }
}
