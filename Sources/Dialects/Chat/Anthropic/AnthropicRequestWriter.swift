/// Writes a request for a provider that speaks Anthropic's dialect.
struct AnthropicRequestWriter {
  let bytes = PaddedBytes(capacity: 4 << 10)
  var losses = Losses(to: .anthropic)
  let request: ChatRequest
  /// What the model that is asked takes.
  let model: AnthropicModel
  private let peek: Peek

  init(_ request: ChatRequest, with peek: Peek) {
    (self.request, self.peek) = (request, peek)
    model = AnthropicModel(request.model ?? "")
  }

  /// The client speaks it too, so that everything is sent as it was.
  var isOwn: Bool { request.origin == .anthropic }

  mutating func write() throws(PeekError) {
    let reasoning = try plannedReasoning()
    var object = ObjectWriter(bytes)
    object.member("model", request.model)
    try writeLimit(beside: reasoning, in: &object)
    var messages = AnthropicMessageWriter(request, to: bytes, losses: losses, with: peek)
    try messages.write(in: &object)
    losses = messages.losses
    if isOwn || !isAnsweredByTool { try writeTools(in: &object) } else { try writeAnswerTool(in: &object) }
    writeThinking(reasoning, in: &object)
    try writeOutputConfig(effort: reasoning?.effort, in: &object)
    try writeSampling(thinks: reasoning?.isAnthropicThinking ?? false, in: &object)
    try writeStop(in: &object)
    if request.stream { object.constant("stream", "true") }
    try writeCaller(in: &object)
    try loseOptions()
    if isOwn { object.members(request.others) } else { try losses.loseOthers(of: request) }
    try losses.loseStrays(of: request)
    object.end()
  }

  /// The API wants a limit, and one above the budget of thoughts.
  private mutating func writeLimit(
    beside reasoning: Reasoning?, in object: inout ObjectWriter
  ) throws(PeekError) {
    if isOwn || request.maxTokens != nil { return object.member("max_tokens", request.maxTokens) }
    try losses.lose(.maxTokens)
    object.member("max_tokens", model.usualLimit + (reasoning?.budget ?? 0))
  }

  /// The API refuses sequences of white space alone.
  private mutating func writeStop(in object: inout ObjectWriter) throws(PeekError) {
    guard !request.stop.isEmpty else { return }
    if !isOwn, request.stop.contains(where: { $0.allSatisfy(\.isWhitespace) }) {
      throw .notCarried("stop", to: .anthropic, "A sequence of white space alone can't end an answer there.")
    }
    object.key("stop_sequences")
    bytes.appendList(request.stop) { bytes.appendJSON($0) }
  }

  private mutating func writeCaller(in object: inout ObjectWriter) throws(PeekError) {
    let members = isOwn ? request.metadata : []
    if members.count < request.metadata.count { try losses.lose(.metadata) }
    guard request.user != nil || !members.isEmpty else { return }
    object.key("metadata")
    var metadata = ObjectWriter(bytes)
    metadata.member("user_id", request.user)
    metadata.members(members)
    metadata.end()
  }

  /// What the API has no words for at all.
  private mutating func loseOptions() throws(PeekError) {
    let sampling = request.sampling
    if (request.choices ?? 1) > 1 { try losses.lose(.choices) }
    if request.logprobs == true || (request.topLogprobs ?? 0) > 0 { try losses.lose(.logprobs) }
    if (sampling.frequencyPenalty ?? 0) != 0 || (sampling.presencePenalty ?? 0) != 0 {
      try losses.lose(.penalties)
    }
    if sampling.seed != nil { try losses.lose(.seed) }
  }
}
