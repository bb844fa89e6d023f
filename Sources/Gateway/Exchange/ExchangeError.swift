import Coordination
import Dialects
import Policy

/// Why an exchange ends without a provider's answer: what happened, whose fault it is, and what the client should do.
struct ExchangeError: Error, Equatable {
  /// 0: the client has gone, nothing is sent.
  var status: Int
  /// OpenAI's class of error, on which SDKs choose an exception.
  var type: String
  /// A short stable word for programs.
  var code: String
  var message: String
  var fault: Classification.Fault
  /// The field of the request that is wrong.
  var param: String?
  var retryAfterSeconds: Int?
  /// Finer than that, where we know it ourselves.
  var retryAfterMilliseconds: Int64?
  /// Tells SDKs that trying again by themselves is of no use: our own attempts are spent.
  var shouldRetry: Bool?
  /// What `Allow` lists, of a 405.
  var allow: String?

  var body: ErrorBody {
    ErrorBody(message: message, type: type, param: param, code: code, source: .init(fault))
  }
}

extension ErrorBody.Source {
  init(_ fault: Classification.Fault) {
    switch fault {
    case .client: self = .client
    case .policy: self = .policy
    case .provider: self = .provider
    case .switchyard: self = .switchyard
    }
  }
}

// MARK: The client's

extension ExchangeError {
  static func invalid(_ message: String, code: String, param: String? = nil, status: Int = 400)
    -> ExchangeError
  {
    ExchangeError(
      status: status, type: "invalid_request_error", code: code, message: message, fault: .client,
      param: param)
  }

  static let missingKey = ExchangeError(
    status: 401, type: "authentication_error", code: "missing_api_key",
    message: "No API key was sent. Send it as 'Authorization: Bearer YOUR_KEY' (or 'x-api-key: YOUR_KEY').",
    fault: .client)

  static let wrongKey = ExchangeError(
    status: 401, type: "authentication_error", code: "invalid_api_key",
    message: "The API key is not known here. Check that it is whole, and that it is a key of this router"
      + " and not a provider's.",
    fault: .client)

  static let revokedKey = ExchangeError(
    status: 401, type: "authentication_error", code: "api_key_revoked",
    message: "The API key was revoked. Ask the operator of this router for another.", fault: .client)

  static let expiredKey = ExchangeError(
    status: 401, type: "authentication_error", code: "api_key_expired",
    message: "The API key has expired. Ask the operator of this router for another.", fault: .client)

  /// A virtual key whose tenant the configuration has not got.
  static let strayKey = ExchangeError(
    status: 403, type: "permission_error", code: "tenant_not_configured",
    message:
      "The API key is good, but this router's configuration has no tenant or data class of its name, or a limit in a time"
      + " zone that it does not know. Ask the operator.", fault: .switchyard)

  static func tooManyLookups(wait: Int64) -> ExchangeError {
    var error = ExchangeError(
      status: 429, type: "rate_limit_error", code: "too_many_unknown_keys",
      message:
        "Too many keys that this router has not seen before come from this address. Try again in a second.",
      fault: .policy)
    error.retryAfterMilliseconds = wait
    return error
  }

  static func unknownPath(_ path: String) -> ExchangeError {
    invalid(
      "There is nothing at \(path). Served are POST /v1/chat/completions, /v1/completions, /v1/embeddings,"
        + " /v1/responses, /v1/messages, /v1/messages/count_tokens, /api/chat, /api/generate, /api/embed, /api/show, /v1/feedback"
        + " and GET /v1/models, /api/tags, /api/version.",
      code: "unknown_path", status: 404)
  }

  static func wrongMethod(allow: String) -> ExchangeError {
    var error = invalid("This path takes \(allow) only.", code: "method_not_allowed", status: 405)
    error.allow = allow
    return error
  }

  static func modelNotFound(_ name: String) -> ExchangeError {
    ExchangeError(
      status: 404, type: "invalid_request_error", code: "model_not_found",
      message:
        "The model '\(name)' does not exist here, or your key may not use it. GET /v1/models lists those it may.",
      fault: .client, param: "model")
  }

  static let modelMissing = invalid(
    "The request names no model. Send \"model\"; GET /v1/models lists those that your key may use.",
    code: "model_missing", param: "model")

  static func bodyTooLarge(limit: Int) -> ExchangeError {
    invalid(
      "The request body is larger than \(limit) bytes, the limit here (server.max_body). Send less, or ask the operator.",
      code: "request_too_large", status: 413)
  }

  static let contentEncoding = invalid(
    "Compressed request bodies are not accepted. Send the body without Content-Encoding.",
    code: "unsupported_content_encoding", status: 415)

  static let repeatedCredential = invalid(
    "The Authorization header is given more than once. Send it once.", code: "repeated_authorization")

  static let requestTimeout = invalid(
    "The header x-request-timeout-ms is not a whole number of milliseconds above 0. Send one, or leave it out.",
    code: "invalid_timeout")

  static let bodyTimeout = invalid(
    "The request body did not arrive in time. Send it faster, or in smaller requests.",
    code: "request_timeout", status: 408)

  static let clientGone = ExchangeError(
    status: 0, type: "client_error", code: "client_gone", message: "The client went away.", fault: .client)
}

extension ExchangeError {
  /// RFC 9111 §5.2.1.7 asks for this status.
  static let notCached = ExchangeError(
    status: 504, type: "invalid_request_error", code: "not_cached",
    message:
      "No stored answer may serve, and 'Cache-Control: only-if-cached' allows no other. Send it without.",
    fault: .client, shouldRetry: false)

  /// No provider answered, or none that was asked could.
  var isOfProvider: Bool { status >= 500 && fault == .provider }
}

// MARK: Limits

extension ExchangeError {
  /// A limit has no room for the request.
  static func limited(_ refusal: Refusal) -> ExchangeError {
    let limit = refusal.limit
    if refusal.isClosed { return stateUnavailable }
    let what = limit.measure == .dollars ? "The budget" : "The limit"
    let capacity = limit.measure == .dollars ? Self.dollars(limit.capacity) : String(limit.capacity)
    let code = if case .budget = limit.shape { "budget_exceeded" } else { "rate_limit_exceeded" }
    var error = ExchangeError(
      status: 429, type: "rate_limit_error", code: code,
      message: "\(what) of \(capacity) \(limit.name) is reached. ", fault: .policy)
    guard let wait = refusal.wait else {
      error.message +=
        "This request alone is larger than that: ask for fewer tokens, or ask the operator for more."
      error.shouldRetry = false
      return error
    }
    error.retryAfterMilliseconds = wait
    error.message += "Try again in \(LimitHeaders.duration(wait))."
    return error
  }

  /// `closed` limits, and keys that can't be looked up, while the shared state is away.
  static let stateUnavailable = ExchangeError(
    status: 503, type: "server_error", code: "state_unavailable",
    message: "The router can't reach its shared state, which this request needs. Try again in a second.",
    fault: .switchyard, retryAfterMilliseconds: 1_000)

  /// All deployments that could answer are at their own limits.
  static func capacitySpent(_ refusal: Refusal) -> ExchangeError {
    if refusal.isClosed { return stateUnavailable }
    var error = ExchangeError(
      status: 429, type: "rate_limit_error", code: "capacity_exceeded",
      message: "The model's capacity here is used up. ", fault: .policy)
    error.retryAfterMilliseconds = refusal.wait
    error.shouldRetry = refusal.wait == nil ? false : nil
    error.message +=
      refusal.wait.map { "Try again in \(LimitHeaders.duration($0))." }
      ?? "This request alone is larger than that: ask for fewer tokens."
    return error
  }

  private static func dollars(_ micro: Int64) -> String {
    let cents = (micro % 1_000_000) / 10_000
    return "$\(micro / 1_000_000)" + (cents == 0 ? "" : cents < 10 ? ".0\(cents)" : ".\(cents)")
  }
}

// MARK: Ours, and the provider's

extension ExchangeError {
  static let overloaded = ExchangeError(
    status: 503, type: "server_error", code: "buffers_full",
    message:
      "The router holds as many request bodies as it may (server.max_buffered). Try again in a second.",
    fault: .switchyard, retryAfterSeconds: 1)

  static let shed = ExchangeError(
    status: 503, type: "server_error", code: "replica_overloaded",
    message:
      "This replica of the router has more to do than it can. Try again in a second: others may have room.",
    fault: .switchyard, retryAfterSeconds: 1)

  static func deadline(isClients: Bool) -> ExchangeError {
    ExchangeError(.deadline(isClients: isClients), stop: nil)
  }

  /// Nothing was tried (again), as it would have been in vain.
  static func tooLate(_ short: ShortTime, isClients: Bool) -> ExchangeError {
    var error = deadline(isClients: isClients)
    error.message =
      "No attempt was started, as only \(short.left) ms were left until the request's deadline, and at least"
      + " \(short.needed) ms are needed, as endpoints answer now. Allow more time with x-request-timeout-ms (up to"
      + " server.request_timeout)."
    return error
  }

  static let stopping = ExchangeError(.stopping, stop: nil)

  /// What the client is told when the last attempt failed without an answer that could be passed on.
  init(_ verdict: Classification, stop: AttemptPlan.Stop?) {
    let (status, code, text) = Self.words(for: verdict.reason)
    self.init(
      status: status, type: status == 429 ? "rate_limit_error" : "server_error", code: code, message: text,
      fault: verdict.fault ?? .provider,
      shouldRetry: verdict.isFinal || stop == .attemptsSpent || stop == .budgetSpent ? false : nil)
  }

  /// The provider refused the request in a way that can't be passed on: its status still says what kind of mistake it was.
  static func refused(status: Int) -> ExchangeError {
    var error = invalid(
      "The provider refused the request with status \(status), and gave no reason that could be read."
        + " Check the request; the operator's log names the provider.",
      code: "refused_by_provider", status: status)
    error.shouldRetry = false
    return error
  }

  private static func words(for reason: Classification.Reason) -> (Int, String, String) {
    switch reason {
    case .connect, .connectTimeout:
      (
        502, "upstream_unreachable",
        "The provider could not be reached. Try again later; the operator's log names it."
      )
    case .tls:
      (
        502, "upstream_tls_failed",
        "The provider's TLS certificate or handshake was refused. Tell the operator."
      )
    case .reset:
      (502, "upstream_reset", "The provider closed the connection before it answered. Try again.")
    case .garbage, .malformedBody, .oversizedHead:
      (
        502, "upstream_invalid_answer",
        "The provider sent something that is not a valid answer. Try again later."
      )
    case .redirect:
      (
        502, "upstream_redirect",
        "The provider answered with a redirect, which is never followed. Tell the operator:"
          + " base_url is probably wrong."
      )
    case .credential:
      (
        502, "upstream_credential_refused",
        "The provider refused the router's own credential. Your key is fine; tell"
          + " the operator."
      )
    case .firstByteTimeout, .stalled:
      (504, "upstream_timeout", "The provider did not answer in time. Try again, or allow it more time.")
    case .deadline:
      (
        504, "deadline_exceeded",
        "No complete answer came before the request's deadline. Allow more time with x-request-timeout-ms"
          + " (up to server.request_timeout), or ask for less output."
      )
    case .stopping:
      (503, "server_stopping", "The router is stopping, and could not wait for the answer. Try again.")
    case .brokenStream, .errorEvent:
      (
        502, "upstream_stream_broken",
        "The provider's stream broke off. What came before is incomplete; try again."
      )
    case .fellBehind:
      (
        503, "fell_behind",
        "Others who asked the same read this stream so much faster that its rest is no longer kept."
          + " Read faster, or send the request with 'Cache-Control: no-store'."
      )
    case .local:
      (
        500, "internal_error",
        "The router failed to send the request on. The operator's log says why under this request's id."
      )
    case .rateLimited:
      (
        429, "upstream_rate_limited",
        "The provider's own limit is reached. Try again later; not before Retry-After, if it is sent."
      )
    case .overloaded:
      (503, "upstream_overloaded", "The provider is overloaded. Try again later.")
    case .breakerOpen, .full:
      (
        503, "no_endpoint_available",
        "No endpoint can take the request at this moment. Try again later; not before Retry-After, if it is sent."
      )
    case .ok, .serverError, .requestTimeout, .conflict, .refusedByProvider, .tooLarge, .clientGone,
      .hedgeLost, .branchLost:
      (502, "upstream_error", "The provider could not answer. Try again later.")
    }
  }
}

extension Classification {
  /// Whether the same request would end in the same way, whenever it came.
  fileprivate var isFinal: Bool {
    switch reason {
    case .credential, .redirect, .tls, .refusedByProvider: true
    default: false
    }
  }
}
