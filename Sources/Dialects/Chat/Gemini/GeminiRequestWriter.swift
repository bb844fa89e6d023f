/// Writes a request for Gemini.
struct GeminiRequestWriter {
  let bytes = PaddedBytes(capacity: 4 << 10)
  private(set) var losses = Losses(to: .gemini)
  private let request: ChatRequest
  private let peek: Peek

  init(_ request: ChatRequest, _ peek: Peek) { (self.request, self.peek) = (request, peek) }

  mutating func write() throws(PeekError) {
    var object = ObjectWriter(bytes)
    var contents = GeminiContentWriter(bytes, request, peek, losses)
    try contents.write(in: &object)
    losses = contents.losses
    try writeTools(in: &object)
    writeToolChoice(in: &object)
    try writeConfig(in: &object)
    object.end()
    try loseTheRest()
  }

  /// What Gemini has no words for.
  private mutating func loseTheRest() throws(PeekError) {
    if request.parallelToolCalls == false { try losses.lose(.parallelToolCalls) }
    if request.user != nil { try losses.lose(.user) }
    if !request.metadata.isEmpty { try losses.lose(.metadata) }
    try losses.loseOthers(of: request)
    try losses.loseStrays(of: request)
  }

  // MARK: Tools

  private mutating func writeTools(in object: inout ObjectWriter) throws(PeekError) {
    var isFirst = true
    for (index, tool) in request.tools.enumerated() {
      guard case .function(let function) = tool else {
        try losses.lose(.otherTools, at: "tools[\(index)]")
        continue
      }
      guard try mayBeCalled(function) else { continue }
      if isFirst {
        object.key("tools")
        bytes.append(#"[{"functionDeclarations":["#)
      } else {
        bytes.append(",")
      }
      isFirst = false
      try write(function, at: "tools[\(index)]")
    }
    if !isFirst { bytes.append("]}]") }
  }

  /// Tools that may be called need not be: only where one has to be, Gemini takes their names.
  private mutating func mayBeCalled(_ function: FunctionTool) throws(PeekError) -> Bool {
    guard case .allowed(let names, mustCall: false)? = request.toolChoice else { return true }
    if names.contains(function.name) { return true }
    try losses.lose(.allowedTools)
    return false
  }

  /// The schema's bytes are the client's: as `parametersJsonSchema`, Gemini takes any.
  private mutating func write(_ function: FunctionTool, at place: String) throws(PeekError) {
    var object = ObjectWriter(bytes)
    object.member("name", function.name)
    object.member("description", function.description)
    object.member("parametersJsonSchema", function.parameters)
    object.end()
    if function.strict == true { try losses.lose(.strictTools, at: place) }
    if function.cache != nil { try losses.lose(.cacheMark, at: place) }
    guard let schema = function.parameters else { return }
    let ignored = GeminiSchema.ignored(in: schema, with: peek)
    if !ignored.isEmpty { try losses.lose(.tools, at: "\(place) (\(ignored.joined(separator: " ")))") }
  }

  private func writeToolChoice(in object: inout ObjectWriter) {
    guard let choice = request.toolChoice else { return }
    let (mode, names): (StaticString, [String]) =
      switch choice {
      case .auto, .allowed(_, mustCall: false): ("AUTO", [])
      case .never: ("NONE", [])
      case .required: ("ANY", [])
      case .named(let name): ("ANY", [name])
      case .allowed(let names, mustCall: true): ("ANY", names)
      }
    object.key("toolConfig")
    bytes.append(#"{"functionCallingConfig":{"mode":""#)
    bytes.append(mode)
    bytes.append("\"")
    if !names.isEmpty {
      bytes.append(#","allowedFunctionNames":"#)
      bytes.appendList(names) { bytes.appendJSON($0) }
    }
    bytes.append("}}")
  }

  // MARK: How the answer is made

  private mutating func writeConfig(in object: inout ObjectWriter) throws(PeekError) {
    object.key("generationConfig")
    var config = ObjectWriter(bytes)
    try writeSampling(in: &config)
    config.member("candidateCount", request.choices)
    config.member("maxOutputTokens", request.maxTokens)
    if !request.stop.isEmpty {
      config.key("stopSequences")
      bytes.appendList(request.stop) { bytes.appendJSON($0) }
    }
    config.member("responseLogprobs", request.logprobs)
    config.member("logprobs", request.topLogprobs)
    try writeFormat(in: &config)
    try writeReasoning(in: &config)
    config.end()
  }

  private mutating func writeSampling(in config: inout ObjectWriter) throws(PeekError) {
    let sampling = request.sampling
    config.member("temperature", sampling.temperature)
    config.member("topP", sampling.topP)
    config.member("topK", sampling.topK)
    config.member("presencePenalty", sampling.presencePenalty)
    config.member("frequencyPenalty", sampling.frequencyPenalty)
    guard let seed = sampling.seed else { return }
    if Int32(exactly: seed) == nil { try losses.lose(.seed) }
    config.member("seed", Int(Int32(truncatingIfNeeded: seed)))
  }

  private mutating func writeFormat(in config: inout ObjectWriter) throws(PeekError) {
    switch request.format {
    case nil, .text?: break
    case .json?: config.constant("responseMimeType", #""application/json""#)
    case .schema(let format)?:
      config.constant("responseMimeType", #""application/json""#)
      config.member("responseJsonSchema", format.schema)
      if format.name != nil || format.description != nil || format.strict != nil {
        try losses.lose(.schemaDetails)
      }
      let ignored = format.schema.map { GeminiSchema.ignored(in: $0, with: peek) } ?? []
      if !ignored.isEmpty { try losses.lose(.schema, at: "(\(ignored.joined(separator: " ")))") }
    }
  }

  /// Tokens that an effort may stand for: all models take as many.
  private static let mostThoughts = 24_576
  /// As much as the model sees fit.
  private static let asItLikes = -1

  /// A budget, as older and newer models take one.
  private mutating func writeReasoning(in config: inout ObjectWriter) throws(PeekError) {
    guard let reasoning = request.reasoning else { return }
    config.key("thinkingConfig")
    var thinking = ObjectWriter(bytes)
    if reasoning.isOff {
      thinking.constant("thinkingBudget", "0")
    } else {
      if reasoning.effort != nil, reasoning.budget == nil { try losses.lose(.reasoningEffort) }
      let tokens = reasoning.budget ?? reasoning.tokens.map { min($0, Self.mostThoughts) }
      thinking.constant("includeThoughts", "true")
      thinking.member("thinkingBudget", tokens ?? Self.asItLikes)
    }
    thinking.end()
  }
}
