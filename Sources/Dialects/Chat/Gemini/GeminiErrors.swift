/// Errors as Google's APIs write them (https://google.aip.dev/193).
extension ChatError {
  /// Reads `{"error": {"code": 429, "status": "RESOURCE_EXHAUSTED", "message": "…", "details": […]}}`, alone or in a list. `status` is
  /// nil for an event of a stream.
  init(gemini root: JSONValue, status: Int?) {
    var list = root.elements
    let body = list.next() ?? root
    let error = body["error"].flatMap { $0.isObject ? $0 : nil } ?? body
    let details = GeminiErrorDetails(error["details"])
    let message = error["message"]?.filledText ?? body["error"]?.filledText ?? ""
    let word = error["status"]?.filledText
    let kind =
      details.kind ?? Kind(gemini: word, message: message, details)
      ?? Kind(status: status ?? error["code"]?.int ?? 500)
    self.init(kind, message, param: details.field, code: details.reason ?? word)
  }
}

/// What the details of an error say beyond its status.
private struct GeminiErrorDetails {
  /// A word of `google.rpc.ErrorInfo`.
  var reason: String?
  /// The first field of `google.rpc.BadRequest`.
  var field: String?
  /// A quota of a day is spent, so that waiting a while is of no use.
  var isDaily = false

  init(_ list: JSONValue?) {
    var details = list?.elements
    while let detail = details?.next() {
      if reason == nil { reason = detail["reason"]?.filledText }
      var fields = detail["fieldViolations"]?.elements
      if field == nil, let first = fields?.next() { field = first["field"]?.filledText }
      var quotas = detail["violations"]?.elements
      while let quota = quotas?.next() {
        if quota["quotaId"]?.filledText?.contains("PerDay") ?? false { isDaily = true }
      }
    }
  }

  /// A key that is no good is an invalid argument by its status.
  var kind: ChatError.Kind? { reason?.hasPrefix("API_KEY_") ?? false ? .authentication : nil }
}

extension ChatError.Kind {
  /// By a word of `google.rpc.Code`; nil for one that says no more than the status.
  fileprivate init?(gemini word: String?, message: String, _ details: GeminiErrorDetails) {
    switch word {
    case "INVALID_ARGUMENT"?, "OUT_OF_RANGE"?:
      if message.contains("exceeds the maximum number of tokens") {
        self = .contextTooLong
      } else {
        self = message.contains("payload size exceeds the limit") ? .tooLarge : .invalidRequest
      }
    // The account lacks billing, or the API isn't offered where the router stands.
    case "FAILED_PRECONDITION"?, "PERMISSION_DENIED"?: self = .permission
    case "UNAUTHENTICATED"?: self = .authentication
    case "NOT_FOUND"?: self = .notFound
    case "RESOURCE_EXHAUSTED"?: self = details.isDaily ? .quotaSpent : .rateLimited
    case "DEADLINE_EXCEEDED"?: self = .timeout
    case "UNAVAILABLE"?: self = .overloaded
    case "INTERNAL"?, "UNKNOWN"?, "DATA_LOSS"?, "ABORTED"?, "CANCELLED"?, "UNIMPLEMENTED"?: self = .server
    default: return nil
    }
  }
}
