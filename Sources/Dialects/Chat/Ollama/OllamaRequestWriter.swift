/// Writes a request for a provider that speaks Ollama's dialect.
struct OllamaRequestWriter {
  let bytes = PaddedBytes(capacity: 4 << 10)
  private(set) var losses = Losses(to: .ollama)
  private let request: ChatRequest

  init(_ request: ChatRequest) { self.request = request }

  /// The client speaks it too, so that what no other dialect has is carried.
  private var isOwn: Bool { request.origin == .ollama }

  mutating func write(with peek: Peek) throws(PeekError) {
    var object = ObjectWriter(bytes)
    object.member("model", request.model)
    object.key("messages")
    var messages = OllamaMessageWriter(bytes, isOwn: isOwn, losses: losses)
    try messages.write(request.messages, with: peek)
    losses = messages.losses
    try writeTools(in: &object)
    if let format = request.format { try write(format, in: &object) }
    writeOptions(in: &object)
    try writeThinking(in: &object)
    object.member("stream", request.stream)
    object.member("logprobs", request.logprobs)
    object.member("top_logprobs", request.topLogprobs)
    if let choices = request.choices, choices != 1 { try losses.lose(.choices) }
    if request.user != nil { try losses.lose(.user) }
    if !request.metadata.isEmpty { try losses.lose(.metadata) }
    if isOwn {
      object.members(request.others.filter { !$0.name.hasPrefix(OllamaRequestReader.optionPrefix) })
    } else {
      try losses.loseOthers(of: request)
    }
    try losses.loseStrays(of: request)
    object.end()
  }

  private mutating func write(
    _ format: ResponseFormat, in object: inout ObjectWriter
  ) throws(PeekError) {
    switch format {
    case .text: break
    case .json: object.constant("format", #""json""#)
    case .schema(let format):
      if format.name != nil || format.description != nil || format.strict != nil {
        try losses.lose(.schemaDetails)
      }
      object.key("format")
      if let schema = format.schema { bytes.append(schema) } else { bytes.append(#""json""#) }
    }
  }

  private func writeOptions(in object: inout ObjectWriter) {
    let (sampling, prefix) = (request.sampling, OllamaRequestReader.optionPrefix)
    let others: [RawMember] = isOwn ? request.others.filter { $0.name.hasPrefix(prefix) } : []
    let isPlain = sampling == Sampling() && request.stop.isEmpty && request.maxTokens == nil
    guard !isPlain || !others.isEmpty else { return }
    object.key("options")
    var options = ObjectWriter(bytes)
    options.member("temperature", sampling.temperature)
    options.member("top_p", sampling.topP)
    options.member("top_k", sampling.topK)
    options.member("frequency_penalty", sampling.frequencyPenalty)
    options.member("presence_penalty", sampling.presencePenalty)
    options.member("seed", sampling.seed)
    options.member("num_predict", request.maxTokens)
    if !request.stop.isEmpty {
      options.key("stop")
      bytes.appendList(request.stop) { bytes.appendJSON($0) }
    }
    options.members(others.map { RawMember(String($0.name.dropFirst(prefix.count)), $0.value) })
    options.end()
  }

  private mutating func writeThinking(in object: inout ObjectWriter) throws(PeekError) {
    guard let reasoning = request.reasoning, let level = reasoning.level else { return }
    if reasoning.isOff { return object.member("think", false) }
    if reasoning.budget != nil { try losses.lose(.reasoningBudget) }
    guard reasoning.effort != nil || reasoning.budget != nil else { return object.member("think", true) }
    // A word that nobody knows is for the provider to refuse.
    let word = OllamaThinking(effort: level)?.rawValue ?? level
    if !isOwn, word != level { try losses.lose(.reasoningEffort) }
    object.member("think", word)
  }

  // MARK: Tools

  private mutating func writeTools(in object: inout ObjectWriter) throws(PeekError) {
    if request.parallelToolCalls == false { try losses.lose(.parallelToolCalls) }
    let tools = try callableTools()
    guard !tools.isEmpty else { return }
    object.key("tools")
    bytes.append("[")
    for (place, (index, tool)) in tools.enumerated() {
      if place > 0 { bytes.append(",") }
      try write(tool, at: index)
    }
    bytes.append("]")
  }

  /// A model can't call what it isn't told of.
  private mutating func callableTools() throws(PeekError) -> [(Int, ChatTool)] {
    let tools = request.tools.enumerated().map { ($0.offset, $0.element) }
    switch request.toolChoice {
    case nil, .auto?: return tools
    case .never?: return []
    case .required?, .named(_)?:
      try losses.lose(.toolChoice)
      return tools
    case .allowed(let names, let mustCall)?:
      try losses.lose(mustCall ? .toolChoice : .allowedTools)
      let allowed = Set(names)
      return tools.filter { $0.1.functionName.map(allowed.contains) ?? false }
    }
  }

  private mutating func write(_ tool: ChatTool, at index: Int) throws(PeekError) {
    switch tool {
    case .other(_, let text):
      if !isOwn { try losses.lose(.otherTools, at: "tools[\(index)]") }
      bytes.append(text)
    case .function(let function):
      if function.strict == true { try losses.lose(.strictTools, at: "tools[\(index)]") }
      if function.cache != nil { try losses.lose(.cacheMark, at: "tools[\(index)]") }
      bytes.append(#"{"type":"function","function":"#)
      var object = ObjectWriter(bytes)
      object.member("name", function.name)
      object.member("description", function.description)
      let parameters: JSONText? = isOwn ? function.parameters : function.parameters ?? Self.noParameters
      object.member("parameters", parameters)
      object.end()
      bytes.append("}")
    }
  }

  /// Models' templates count on an object.
  private static let noParameters = JSONText(#"{"type":"object","properties":{}}"#)
}

extension ChatTool {
  /// Nil for what is no function.
  fileprivate var functionName: String? {
    if case .function(let function) = self { function.name } else { nil }
  }
}
