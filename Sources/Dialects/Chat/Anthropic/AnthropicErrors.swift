/// Errors as Anthropic and those who speak its dialect write them.
extension ChatError {
  /// Reads the body of an error answer, or the data of an error event, whose status is nil: `{"type": "error", "error": {…}}`.
  init(anthropic root: JSONValue, status: Int?) {
    let error = root["error"].flatMap { $0.isObject ? $0 : nil } ?? root
    let message =
      error["message"]?.filledText ?? root["error"]?.filledText ?? root["detail"]?.filledText ?? ""
    let cause = error["details"]?["error_code"]?.filledText
    let type = error["type"]?.filledText
    let kind = Kind(cause: cause, type: type, message: message, status: status)
    self.init(kind, message, code: cause ?? type)
  }
}

extension ChatError.Kind {
  /// By the exact word for the cause, then by the message, as the API has no word for some causes, then by the class of error.
  fileprivate init(cause: String?, type: String?, message: String, status: Int?) {
    if let cause, let kind = Self.ofCauses[cause] {
      self = kind
    } else if let known = Self.ofMessages.first(where: { message.hasPrefix($0.start) }) {
      self = known.kind
    } else if let type, let kind = Self.ofTypes[type] {
      self = kind
    } else if let status {
      self = Self(status: status)
    } else {
      self = type == "invalid_request_error" ? .invalidRequest : .server
    }
  }

  private static let ofCauses: [String: ChatError.Kind] = [
    "enforced_spend_limit_reached": .quotaSpent, "contract_spend_limit_reached": .quotaSpent,
    "linked_organization_spend_limit_reached": .quotaSpent,
  ]

  private static let ofMessages: [(start: String, kind: ChatError.Kind)] = [
    ("prompt is too long", .contextTooLong),
    ("input length and `max_tokens` exceed context limit", .contextTooLong),
    ("Your credit balance is too low", .quotaSpent),
    ("You have reached your specified API usage limits", .quotaSpent),
    ("Output blocked by content filtering policy", .contentFiltered),
  ]

  /// Those that say no less than a status does.
  private static let ofTypes: [String: ChatError.Kind] = [
    "authentication_error": .authentication, "billing_error": .quotaSpent, "permission_error": .permission,
    "not_found_error": .notFound, "request_too_large": .tooLarge, "rate_limit_error": .rateLimited,
    "timeout_error": .timeout, "overloaded_error": .overloaded,
  ]
}

extension ErrorBody {
  /// An error in Anthropic's shape, and beside it what it has no members for: the field at fault, the code, and who caused it.
  func appendAnthropic(to bytes: PaddedBytes, status: Int) {
    bytes.append(#"{"type":"error","error":"#)
    var object = ObjectWriter(bytes)
    object.constant("type", anthropicType(status))
    object.member("message", message)
    object.member("param", param)
    object.member("code", code)
    object.member("source", source.rawValue)
    object.end()
    bytes.append("}")
  }

  /// By the status, but for errors that aren't the client's: the provider's 401 is about the router's key.
  private func anthropicType(_ status: Int) -> StaticString {
    if type == "server_error", status < 500, status != 408 { return #""api_error""# }
    return switch status {
    case 401: #""authentication_error""#
    case 402: #""billing_error""#
    case 403: #""permission_error""#
    case 404: #""not_found_error""#
    case 408, 504: #""timeout_error""#
    case 413: #""request_too_large""#
    case 429: #""rate_limit_error""#
    case 400..<500: #""invalid_request_error""#
    case 503, 529: #""overloaded_error""#
    default: #""api_error""#
    }
  }
}
