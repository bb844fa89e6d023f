package import Policy

/// What a complete answer says of itself.
package struct AnswerFacts: Sendable, Equatable {
  package var usage: Usage?
  /// Of the last choice, or the status of a response.
  package var finishReason: String?
  /// What an error says beyond its status.
  package var complaint: Classification.Complaint?
}

extension Peek {
  /// Reads a complete plain answer; nil where it is not one whole JSON object.
  package func answer(_ body: PaddedBytes, surface: Surface) -> AnswerFacts? {
    defer { trim() }
    guard let root = try? parser.parse(body), root.isObject else { return nil }
    return AnswerFacts(root, surface)
  }

  /// The same for bytes without padding, which are copied first.
  package func answer(_ body: UnsafeRawBufferPointer, surface: Surface) -> AnswerFacts? {
    scratch.removeAll()
    scratch.append(body)
    return answer(scratch, surface: surface)
  }
}

extension Classification.Complaint {
  /// `error` of an answer. OpenAI says so by code or type, and of a request that is larger than a limit only in its message.
  init?(_ error: JSONValue) {
    let words = ["code", "type"].compactMap { error[$0]?.string?.string }
    if words.contains(where: Self.quota.contains) {
      self = .quotaSpent
    } else if words.contains("request_too_large")
      || error["message"]?.string?.string.hasPrefix("Request too large") == true
    {
      self = .tooLarge
    } else {
      return nil
    }
  }

  private static let quota: Set<String> = [
    "insufficient_quota", "billing_hard_limit_reached", "billing_error",
  ]
}

extension AnswerFacts {
  init(_ root: JSONValue, _ surface: Surface) {
    usage = root["usage"].flatMap { Usage($0) }
    complaint = root["error"].flatMap(Classification.Complaint.init)
    switch surface {
    case .chatCompletions, .completions: finishReason = Self.finishReason(ofChoices: root["choices"])
    case .responses: finishReason = Self.finishReason(ofResponse: root)
    case .messages: read(message: root)
    case .ollamaChat, .ollamaGenerate, .ollamaEmbed: read(line: root)
    case .embeddings, .countTokens: finishReason = nil
    }
  }

  private mutating func read(message root: JSONValue) {
    var known = AnthropicUsage()
    known.take(root["usage"])
    usage = known.usage
    finishReason = Finish(ofMessage: root)?.reason.rawValue
  }

  private mutating func read(line root: JSONValue) {
    usage = Usage.ofLine(root)
    finishReason = root["done_reason"]?.string.map { Finish.Reason(ofLine: $0.string).rawValue }
  }

  /// The reason why a response is incomplete, else its status once it ended.
  static func finishReason(ofResponse response: JSONValue) -> String? {
    if let reason = response["incomplete_details"]?["reason"]?.string { return reason.string }
    guard let status = response["status"]?.string else { return nil }
    return status == "in_progress" || status == "queued" ? nil : status.string
  }

  private static func finishReason(ofChoices choices: JSONValue?) -> String? {
    var elements = choices?.elements
    var reason: String?
    while let choice = elements?.next() {
      reason = choice["finish_reason"]?.string?.string ?? reason
    }
    return reason
  }
}
