/// How the answer is made: the rules of the API about what goes together.
extension AnthropicRequestWriter {
  /// The smallest budget that the API takes.
  private static let leastBudget = 1_024
  /// More than any model takes.
  private static let mostTokens = 1 << 20

  // MARK: Reasoning

  /// What is said of reasoning: an effort to models that take one, to older ones a budget.
  mutating func plannedReasoning() throws(PeekError) -> Reasoning? {
    guard let asked = request.reasoning, !isOwn else { return request.reasoning }
    if asked.isOff { return Reasoning(mode: .disabled) }
    return try model.thinksByEffort ? effort(for: asked) : budget(for: asked)
  }

  private mutating func effort(for asked: Reasoning) throws(PeekError) -> Reasoning {
    if asked.effort == nil, asked.budget != nil { try losses.lose(.reasoningBudget) }
    let isTooLow = asked.level == "minimal"
    if isTooLow || mustCall { try losses.lose(.reasoningEffort) }
    return Reasoning(mode: mustCall ? nil : .adaptive, effort: isTooLow ? "low" : asked.level)
  }

  private mutating func budget(for asked: Reasoning) throws(PeekError) -> Reasoning? {
    let room = (request.maxTokens ?? Self.mostTokens) - 1
    let wanted = max(asked.tokens ?? 4_096, Self.leastBudget)
    let canThink = !mustCall && !hasUnsignedCalls && room >= Self.leastBudget
    let budget = canThink ? min(wanted, room) : nil
    if budget == nil || budget != asked.budget {
      try losses.lose(asked.budget == nil ? .reasoningEffort : .reasoningBudget)
    }
    return budget.map { Reasoning(mode: .enabled, budget: $0) }
  }

  /// A call is forced, which the API refuses beside thoughts.
  private var mustCall: Bool {
    if isAnsweredByTool { return true }
    guard !request.tools.isEmpty else { return false }
    switch request.toolChoice {
    case .required?, .named?: return true
    case .allowed(_, let isForced)?: return isForced
    case nil, .auto?, .never?: return false
    }
  }

  /// Results come for calls without the signed thoughts that led to them: older models refuse to go on thinking then.
  private var hasUnsignedCalls: Bool {
    guard let last = request.messages.lastIndex(where: { $0.role == .assistant }) else { return false }
    guard request.messages[last...].contains(where: { $0.role == .tool }) else { return false }
    return !request.messages[last].parts.contains { $0.thinking?.isAnthropicSigned == true }
  }

  func writeThinking(_ reasoning: Reasoning?, in object: inout ObjectWriter) {
    guard let reasoning, reasoning.mode != nil || reasoning.budget != nil else { return }
    object.key("thinking")
    var thinking = ObjectWriter(bytes)
    thinking.member("type", reasoning.mode?.rawValue)
    thinking.member("budget_tokens", reasoning.budget)
    thinking.end()
  }

  // MARK: The answer's form

  /// JSON without a schema, which the API doesn't have: the answer is the input of a tool that has to be called.
  var isAnsweredByTool: Bool { request.format == .json }

  mutating func writeOutputConfig(effort: String?, in object: inout ObjectWriter) throws(PeekError) {
    var schema: SchemaFormat?
    if case .schema(let format)? = request.format { schema = format }
    if schema?.name != nil || schema?.description != nil || schema?.strict != nil {
      try losses.lose(.schemaDetails)
    }
    guard effort != nil || schema != nil else { return }
    object.key("output_config")
    var config = ObjectWriter(bytes)
    config.member("effort", effort)
    if let schema {
      guard let text = schema.schema else {
        throw .notCarried("response_format", to: .anthropic, "The API wants the schema itself. Add it.")
      }
      config.key("format")
      bytes.append(#"{"type":"json_schema","schema":"#)
      bytes.append(text)
      bytes.append("}")
    }
    config.end()
  }

  // MARK: Sampling

  /// `thinks`: thoughts are asked for, beside which the API takes few of these.
  mutating func writeSampling(thinks: Bool, in object: inout ObjectWriter) throws(PeekError) {
    let sampling = request.sampling
    guard !isOwn else {
      object.member("temperature", sampling.temperature)
      object.member("top_p", sampling.topP)
      object.member("top_k", sampling.topK)
      return
    }
    // 1 is what Claude does anyway.
    let temperature: Double? = model.isClaude && sampling.temperature == 1 ? nil : sampling.temperature
    let topP: Double? = model.isClaude && sampling.topP == 1 ? nil : sampling.topP
    let takesTemperature = model.samples && !thinks
    if let temperature {
      if temperature > 1 || !takesTemperature { try losses.lose(.temperature) }
      if takesTemperature { object.member("temperature", min(temperature, 1)) }
    }
    if let topP {
      let isSecond = model.isClaude && temperature != nil && takesTemperature
      let isTaken = model.samples && !isSecond && (!thinks || topP >= 0.95)
      if isTaken { object.member("top_p", topP) } else { try losses.lose(.topP) }
    }
    guard let topK = sampling.topK else { return }
    if takesTemperature { object.member("top_k", topK) } else { try losses.lose(.topK) }
  }
}

extension Reasoning {
  /// Thoughts are asked for.
  var isAnthropicThinking: Bool { mode == .enabled || mode == .adaptive }
}

extension Thinking {
  /// The provider takes it back.
  var isAnthropicSigned: Bool { signature != nil && geminiSignature == nil || redacted != nil }
}
