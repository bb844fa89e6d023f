import Dialects

extension ExchangeError {
  /// What the parser refused.
  init(_ error: HTTP1ParseError, _ limits: HTTP1Limits) {
    self =
      error.kind == .bodyTooLarge
      ? .bodyTooLarge(limit: limits.maxBody)
      : .invalid(error.message, code: "invalid_http", status: error.status)
  }

  init(_ error: PeekError) {
    self = .invalid(error.message, code: error.code, param: error.param)
  }

  static let headTimeout = invalid(
    "The request's head did not arrive in time (server.header_timeout).", code: "request_timeout", status: 408
  )
}
