/// Writes a request for a provider that speaks OpenAI's dialect.
struct OpenAIRequestWriter {
  let bytes: PaddedBytes
  private(set) var losses = Losses(to: .openai)
  private let request: ChatRequest
  private let limitName: OpenAIChat.LimitName

  init(_ request: ChatRequest, limitName: OpenAIChat.LimitName) {
    (self.request, self.limitName) = (request, limitName)
    bytes = PaddedBytes(capacity: 4 << 10)
  }

  /// The client speaks it too, so that what no other dialect has is carried.
  private var isOwn: Bool { request.origin == .openai }

  mutating func write() throws(PeekError) {
    var object = ObjectWriter(bytes)
    object.member("model", request.model)
    object.key("messages")
    var messages = OpenAIMessageWriter(bytes, isOwn: isOwn, losses: losses)
    try messages.write(request.messages)
    losses = messages.losses
    try writeTools(in: &object)
    try writeSampling(in: &object)
    writeOutput(in: &object)
    try writeReasoning(in: &object)
    writeCaller(in: &object)
    if isOwn { object.members(request.others) } else { try losses.loseOthers(of: request) }
    try losses.loseStrays(of: request)
    object.end()
  }

  private mutating func writeSampling(in object: inout ObjectWriter) throws(PeekError) {
    let sampling = request.sampling
    object.member("temperature", sampling.temperature)
    object.member("top_p", sampling.topP)
    if isOwn {
      object.member("top_k", sampling.topK)
    } else if sampling.topK != nil {
      try losses.lose(.topK)
    }
    object.member("frequency_penalty", sampling.frequencyPenalty)
    object.member("presence_penalty", sampling.presencePenalty)
    object.member("seed", sampling.seed)
  }

  private func writeOutput(in object: inout ObjectWriter) {
    if let limit = request.maxTokens {
      let isOlder = request.limitWord == "max_tokens" || limitName == .maxTokens
      object.member(isOlder ? "max_tokens" : "max_completion_tokens", limit)
    }
    if !request.stop.isEmpty {
      object.key("stop")
      bytes.appendList(request.stop) { bytes.appendJSON($0) }
    }
    object.member("n", request.choices)
    object.member("logprobs", request.logprobs)
    object.member("top_logprobs", request.topLogprobs)
    if let format = request.format { write(format, in: &object) }
    if request.stream { object.constant("stream", "true") }
    guard request.includesUsage != nil || isOwn && !request.streamOthers.isEmpty else { return }
    object.key("stream_options")
    var options = ObjectWriter(bytes)
    options.member("include_usage", request.includesUsage)
    if isOwn { options.members(request.streamOthers) }
    options.end()
  }

  private func write(_ format: ResponseFormat, in object: inout ObjectWriter) {
    switch format {
    case .text: object.constant("response_format", #"{"type":"text"}"#)
    case .json: object.constant("response_format", #"{"type":"json_object"}"#)
    case .schema(let format):
      object.key("response_format")
      bytes.append(#"{"type":"json_schema","json_schema":"#)
      var schema = ObjectWriter(bytes)
      // The API wants a name.
      schema.member("name", format.name ?? "answer")
      schema.member("description", format.description)
      schema.member("schema", format.schema)
      schema.member("strict", format.strict)
      schema.end()
      bytes.append("}")
    }
  }

  private mutating func writeReasoning(in object: inout ObjectWriter) throws(PeekError) {
    guard let reasoning = request.reasoning else { return }
    guard isOwn else {
      if reasoning.budget != nil { try losses.lose(.reasoningBudget) }
      return object.member("reasoning_effort", reasoning.level)
    }
    object.member("reasoning_effort", reasoning.effort)
    guard reasoning.mode != nil || reasoning.budget != nil else { return }
    object.key("thinking")
    var thinking = ObjectWriter(bytes)
    thinking.member("type", reasoning.mode?.rawValue)
    thinking.member("budget_tokens", reasoning.budget)
    thinking.end()
  }

  private func writeCaller(in object: inout ObjectWriter) {
    object.member("user", request.user)
    guard !request.metadata.isEmpty else { return }
    object.key("metadata")
    var metadata = ObjectWriter(bytes)
    metadata.members(request.metadata)
    metadata.end()
  }

  // MARK: Tools

  private mutating func writeTools(in object: inout ObjectWriter) throws(PeekError) {
    if !request.tools.isEmpty {
      object.key("tools")
      bytes.append("[")
      for (index, tool) in request.tools.enumerated() {
        if index > 0 { bytes.append(",") }
        try write(tool, at: index)
      }
      bytes.append("]")
    }
    if let choice = request.toolChoice { write(choice, in: &object) }
    object.member("parallel_tool_calls", request.parallelToolCalls)
  }

  private mutating func write(_ tool: ChatTool, at index: Int) throws(PeekError) {
    switch tool {
    case .other(_, let text):
      if !isOwn { try losses.lose(.otherTools, at: "tools[\(index)]") }
      bytes.append(text)
    case .function(let function):
      bytes.append(#"{"type":"function","function":"#)
      var object = ObjectWriter(bytes)
      object.member("name", function.name)
      object.member("description", function.description)
      object.member("parameters", function.parameters)
      object.member("strict", function.strict)
      object.end()
      if let mark = function.cache, isOwn {
        bytes.append(",")
        OpenAIMessageWriter.write(mark, to: bytes)
      } else if function.cache != nil {
        try losses.lose(.cacheMark, at: "tools[\(index)]")
      }
      bytes.append("}")
    }
  }

  private func write(_ choice: ToolChoice, in object: inout ObjectWriter) {
    switch choice {
    case .auto: object.constant("tool_choice", #""auto""#)
    case .never: object.constant("tool_choice", #""none""#)
    case .required: object.constant("tool_choice", #""required""#)
    case .named(let name):
      object.key("tool_choice")
      write(functionNamed: name)
    case .allowed(let names, let mustCall):
      object.key("tool_choice")
      bytes.append(#"{"type":"allowed_tools","allowed_tools":{"mode":"#)
      bytes.append(mustCall ? #""required","tools":"# : #""auto","tools":"#)
      bytes.appendList(names) { write(functionNamed: $0) }
      bytes.append("}}")
    }
  }

  private func write(functionNamed name: String) {
    bytes.append(#"{"type":"function","function":{"name":"#)
    bytes.appendJSON(name)
    bytes.append("}}")
  }
}
