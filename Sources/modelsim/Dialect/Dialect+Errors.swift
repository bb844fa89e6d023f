/// The shapes of errors.
extension Dialect {
  func reply(to refusal: Refusal, number: UInt64) -> Reply {
    Reply(status: refusal.status, body: body(of: refusal, number: number).description)
  }

  private func body(of refusal: Refusal, number: UInt64) -> JSONValue {
    let message = JSONValue.string(refusal.message)
    switch self {
    case .openai: return ["error": Self.openAIError(refusal)]
    case .azure:
      // The gateway before the models speaks for itself.
      guard let code = refusal.code, refusal.status == 401 || refusal.status == 404 else {
        return ["error": Self.openAIError(refusal)]
      }
      return ["error": ["code": .string(code), "message": message]]
    case .anthropic:
      return [
        "type": "error", "error": ["type": .string(Self.anthropicType(refusal.status)), "message": message],
        "request_id": .string("req_\(number)"),
      ]
    case .ollama, .inference: return ["error": message]
    case .gemini: return ["error": Self.googleError(refusal)]
    }
  }

  private static func openAIError(_ refusal: Refusal) -> JSONValue {
    let type = refusal.type ?? (refusal.status >= 500 ? "server_error" : "invalid_request_error")
    return [
      "message": .string(refusal.message), "type": .string(type),
      "param": refusal.parameter.map(JSONValue.string) ?? .null,
      "code": refusal.code.map(JSONValue.string) ?? .null,
    ]
  }

  private static func anthropicType(_ status: Int) -> String {
    switch status {
    case 401: "authentication_error"
    case 402: "billing_error"
    case 403: "permission_error"
    case 404: "not_found_error"
    case 413: "request_too_large"
    case 429: "rate_limit_error"
    case 504: "timeout_error"
    case 529: "overloaded_error"
    case 500...: "api_error"
    default: "invalid_request_error"
    }
  }

  private static func googleError(_ refusal: Refusal) -> JSONValue {
    var details: [JSONValue] = []
    if let reason = refusal.code {
      details.append([
        "@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": .string(reason),
        "domain": "googleapis.com", "metadata": ["service": "generativelanguage.googleapis.com"],
      ])
    }
    if let seconds = refusal.retryAfter {
      details.append([
        "@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": .string(seconds + "s"),
      ])
    }
    var members: [JSONValue.Member] = [
      .init(key: "code", value: .int(refusal.status)),
      .init(key: "message", value: .string(refusal.message)),
      .init(key: "status", value: .string(googleStatus(refusal.status))),
    ]
    if !details.isEmpty { members.append(.init(key: "details", value: .array(details))) }
    return .object(members)
  }

  private static func googleStatus(_ status: Int) -> String {
    switch status {
    case 400: "INVALID_ARGUMENT"
    case 401: "UNAUTHENTICATED"
    case 403: "PERMISSION_DENIED"
    case 404: "NOT_FOUND"
    case 409: "ABORTED"
    case 429: "RESOURCE_EXHAUSTED"
    case 499: "CANCELLED"
    case 500: "INTERNAL"
    case 501: "UNIMPLEMENTED"
    case 503: "UNAVAILABLE"
    case 504: "DEADLINE_EXCEEDED"
    default: "UNKNOWN"
    }
  }
}
