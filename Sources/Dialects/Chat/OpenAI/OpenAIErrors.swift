/// Errors as OpenAI and those who speak its dialect write them.
extension ChatError {
  /// Reads the body of an error answer, or the data of an error event, whose status is nil: `{"error": {…}}`, `{"error": "text"}`,
  /// `{"detail": …}` or the members of the error themselves.
  init(openAI root: JSONValue, status: Int?) {
    let error = root["error"].flatMap { $0.isObject ? $0 : nil } ?? root
    let message =
      error["message"]?.filledText ?? root["error"]?.filledText ?? root["detail"]?.filledText ?? ""
    let words = ["code", "type"].compactMap { error[$0]?.filledText }
    let said = status ?? error["code"]?.int ?? error["status"]?.int
    let kind = Kind(words: words, message: message, status: said) ?? Kind(status: said ?? 500)
    self.init(
      kind, message, param: error["param"]?.filledText, code: error["code"]?.filledText ?? words.first)
  }
}

extension ChatError.Kind {
  /// What OpenAI's words for codes and types say more exactly than a status; nil where they don't.
  fileprivate init?(words: [String], message: String, status: Int?) {
    let exact = words.lazy.compactMap { Self.ofWords[$0] }.first
    // Classes of errors are broader than statuses.
    if let kind = exact ?? (status == nil ? words.lazy.compactMap { Self.ofClasses[$0] }.first : nil) {
      self = kind
      return
    }
    guard message.hasPrefix("Request too large") else { return nil }
    self = .tooLarge
  }

  private static let ofWords: [String: ChatError.Kind] = [
    "context_length_exceeded": .contextTooLong, "content_filter": .contentFiltered,
    "content_policy_violation": .contentFiltered, "request_too_large": .tooLarge,
    "insufficient_quota": .quotaSpent, "billing_hard_limit_reached": .quotaSpent,
    "rate_limit_exceeded": .rateLimited, "invalid_api_key": .authentication, "model_not_found": .notFound,
  ]

  private static let ofClasses: [String: ChatError.Kind] = [
    "rate_limit_error": .rateLimited, "authentication_error": .authentication,
    "permission_error": .permission, "overloaded_error": .overloaded, "timeout": .timeout,
    "invalid_request_error": .invalidRequest, "server_error": .server,
  ]
}
