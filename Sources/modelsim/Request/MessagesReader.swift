import NIOCore

/// Reads an `Ask` from the body of Anthropic's /v1/messages and count_tokens, as strictly as the API does.
///
/// After https://docs.claude.com/en/api/messages and its errors as seen.
struct MessagesReader {
  var ask = Ask()
  var prompt = PromptCount()
  /// Blocks with cache_control.
  var cacheMarks = 0
  /// The ids of all calls so far.
  var callIDs: Set<String> = []

  private static let common: Set<String> = [
    "model", "messages", "system", "tools", "tool_choice", "thinking", "output_format", "output_config",
    "mcp_servers", "context_management", "cache_control",
  ]
  private static let whole = common.union([
    "max_tokens", "stop_sequences", "stream", "temperature", "top_k", "top_p", "metadata", "service_tier",
    "container", "inference_geo", "speed",
  ])

  /// `counts`: tokens are to be counted, nothing is to be said.
  static func read(_ body: ByteBuffer, counts: Bool = false) throws(Refusal) -> Ask {
    var reader = MessagesReader()
    let root = try Field.root(of: body, in: .anthropic)
    try root.checkObject(of: counts ? common : whole)
    reader.ask.model = try root.required("model").string()
    if !counts { try reader.takeLimits(root) }
    try reader.takeSystem(root)
    try reader.takeTools(root)
    try reader.takeThinking(root)
    try reader.takeFormat(root)
    try reader.takeMessages(root)
    guard reader.cacheMarks <= 4 else {
      throw Refusal(
        message: "A maximum of 4 blocks with cache_control may be provided. Found \(reader.cacheMarks).")
    }
    var ask = reader.ask
    ask.take(reader.prompt)
    return ask
  }

  private mutating func takeLimits(_ root: Field) throws(Refusal) {
    ask.maxTokens = try root.required("max_tokens").whole(atLeast: 1)
    ask.isStream = try root["stream"]?.flag() ?? false
    try root["temperature"]?.checkNumber(in: 0...1)
    try root["top_p"]?.checkNumber(in: 0...1)
    _ = try root["top_k"]?.whole(atLeast: 0)
    try root["metadata"]?.checkObject(of: ["user_id"])
    _ = try root["service_tier"]?.string(among: ["auto", "standard_only"])
    ask.stops = try root["stop_sequences"]?.strings() ?? []
    guard ask.stops.allSatisfy({ $0.contains(where: { !$0.isWhitespace }) }) else {
      throw Refusal(message: "stop_sequences: each stop sequence must contain non-whitespace")
    }
  }

  private mutating func takeSystem(_ root: Field) throws(Refusal) {
    guard let system = root["system"] else { return }
    if let text = system.value.text { return prompt.add(text: text) }
    for block in try system.list() {
      try block.checkObject(of: ["type", "text", "cache_control", "citations"])
      _ = try block.required("type").string(among: ["text"])
      try takeText(block)
      try takeCacheMark(block)
    }
  }

  private mutating func takeThinking(_ root: Field) throws(Refusal) {
    guard let thinking = root["thinking"] else { return }
    try thinking.checkObject(of: ["type", "budget_tokens", "display"])
    let type = try thinking.required("type").string(among: ["enabled", "disabled", "adaptive"])
    ask.thinks = type != "disabled"
    guard type == "enabled" else { return }
    let budget = try thinking.required("budget_tokens").whole(atLeast: 1024)
    if let limit = ask.maxTokens, limit <= budget {
      throw Refusal(message: "`max_tokens` must be greater than `thinking.budget_tokens`.")
    }
    if let temperature = root["temperature"], temperature.value.description != "1",
      temperature.value.description != "1.0"
    {
      throw Refusal(message: "`temperature` may only be set to 1 when thinking is enabled.")
    }
    switch ask.use {
    case .auto, .never: break
    case .always, .named:
      throw Refusal(message: "Thinking may not be enabled when tool_choice forces tool use.")
    }
  }

  private mutating func takeFormat(_ root: Field) throws(Refusal) {
    guard let format = root["output_config"]?["format"] ?? root["output_format"] else { return }
    try format.checkObject(of: ["type", "schema"])
    _ = try format.required("type").string(among: ["json_schema"])
    ask.format = .jsonSchema(try format.required("schema").object())
  }

  mutating func takeCacheMark(_ block: Field) throws(Refusal) {
    guard let mark = block["cache_control"] else { return }
    try mark.checkObject(of: ["type", "ttl"])
    _ = try mark.required("type").string(among: ["ephemeral"])
    _ = try mark["ttl"]?.string(among: ["5m", "1h"])
    cacheMarks += 1
  }

  mutating func takeText(_ block: Field) throws(Refusal) {
    let text = try block.required("text").string()
    let root = block.path.hasPrefix("system") ? "system" : "messages"
    guard !text.isEmpty else { throw Refusal(message: "\(root): text content blocks must be non-empty") }
    guard text.contains(where: { !$0.isWhitespace }) else {
      throw Refusal(message: "\(root): text content blocks must contain non-whitespace text")
    }
    prompt.add(text: text)
  }
}

// MARK: - Tools

extension MessagesReader {
  private mutating func takeTools(_ root: Field) throws(Refusal) {
    for tool in try root["tools"]?.list() ?? [] { try takeTool(tool) }
    guard Set(ask.offers.map(\.name)).count == ask.offers.count else {
      throw Refusal(message: "tools: Tool names must be unique.")
    }
    if let choice = root["tool_choice"] { try takeChoice(choice) }
  }

  /// Tools that the service runs itself are taken, and never called.
  private mutating func takeTool(_ tool: Field) throws(Refusal) {
    if let type = try tool["type"]?.string(), type != "custom" { return }
    try tool.checkObject(of: [
      "type", "name", "description", "input_schema", "cache_control", "strict", "defer_loading",
      "allowed_callers", "input_examples", "eager_input_streaming",
    ])
    let name = try tool.required("name")
    guard Self.isName(try name.string(), most: 128) else {
      throw name.refusal("String should match pattern '^[a-zA-Z0-9_-]{1,128}$'")
    }
    let schema = try tool.required("input_schema")
    guard try schema.object()["type"] == "object" else {
      throw try schema.required("type").refusal("Input should be 'object'")
    }
    try takeCacheMark(tool)
    ask.offers.append(Ask.Offer(name: try name.string(), schema: schema.value))
  }

  private mutating func takeChoice(_ choice: Field) throws(Refusal) {
    try choice.checkObject(of: ["type", "name", "disable_parallel_tool_use"])
    ask.allowsSeveralCalls = try !(choice["disable_parallel_tool_use"]?.flag() ?? false)
    switch try choice.required("type").string(among: ["auto", "any", "tool", "none"]) {
    case "none": ask.use = .never
    case "any": ask.use = .always
    case "tool":
      let name = try choice.required("name").string()
      guard ask.offers.contains(where: { $0.name == name }) else {
        throw Refusal(message: "tool_choice: Tool '\(name)' not found in provided tools")
      }
      ask.use = .named(name)
    default: ask.use = .auto
    }
    guard !ask.offers.isEmpty || ask.use == .never else {
      throw Refusal(message: "tool_choice: tool_choice may only be specified while providing tools")
    }
  }

  static func isName(_ text: String, most: Int = .max) -> Bool {
    text.utf8.count <= most && isWord(text, with: "_-")
  }
}
