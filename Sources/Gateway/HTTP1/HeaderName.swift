/// The request headers that the router reads, recognised while parsing whatever their case. Everything else is
/// `.other` and can still be listed (`RequestHead.fields`).
package enum HeaderName: UInt8, Sendable, CaseIterable {
  case other
  // Framing.
  case host, contentLength, transferEncoding, connection, expect, upgrade, te
  // Who asks.
  case authorization, xAPIKey, userAgent, cookie, origin, xForwardedFor, openAIOrganization, openAIProject
  // What the body is and what may come back.
  case contentType, contentEncoding, accept, acceptEncoding, cacheControl, ifNoneMatch, lastEventID,
    openAIBeta, anthropicVersion, anthropicBeta
  // Tracing.
  case traceparent, tracestate, baggage, xRequestID, xClientRequestID, idempotencyKey
  // Routing (architecture, HTTP surface).
  case xRequestTimeoutMs, xSessionID, xTaskType, xTaskValue, xOptimize, xPriority, xMaxCostUSD,
    xDataClass, xPromptHash
  // Which version of a model.
  case xSwitchyardVersion
  // Who else tries again.
  case xSwitchyardAttempt, xShouldRetry

  /// Finds the name that `bytes` spell. What is found is a valid token, since all of its bytes were compared.
  static func find(_ bytes: ByteRun) -> HeaderName {
    switch bytes.count {
    case 2:
      if bytes.equalsIgnoringCase("te") { return .te }
    case 4:
      if bytes.equalsIgnoringCase("host") { return .host }
    case 6:
      if bytes.equalsIgnoringCase("expect") { return .expect }
      if bytes.equalsIgnoringCase("cookie") { return .cookie }
      if bytes.equalsIgnoringCase("origin") { return .origin }
      if bytes.equalsIgnoringCase("accept") { return .accept }
    case 7:
      if bytes.equalsIgnoringCase("upgrade") { return .upgrade }
      if bytes.equalsIgnoringCase("baggage") { return .baggage }
    case 9:
      if bytes.equalsIgnoringCase("x-api-key") { return .xAPIKey }
    case 10:
      if bytes.equalsIgnoringCase("user-agent") { return .userAgent }
      if bytes.equalsIgnoringCase("connection") { return .connection }
      if bytes.equalsIgnoringCase("tracestate") { return .tracestate }
      if bytes.equalsIgnoringCase("x-optimize") { return .xOptimize }
      if bytes.equalsIgnoringCase("x-priority") { return .xPriority }
    case 11:
      if bytes.equalsIgnoringCase("openai-beta") { return .openAIBeta }
      if bytes.equalsIgnoringCase("traceparent") { return .traceparent }
      if bytes.equalsIgnoringCase("x-task-type") { return .xTaskType }
    case 12:
      if bytes.equalsIgnoringCase("content-type") { return .contentType }
      if bytes.equalsIgnoringCase("x-request-id") { return .xRequestID }
      if bytes.equalsIgnoringCase("x-session-id") { return .xSessionID }
      if bytes.equalsIgnoringCase("x-task-value") { return .xTaskValue }
      if bytes.equalsIgnoringCase("x-data-class") { return .xDataClass }
    case 13:
      if bytes.equalsIgnoringCase("authorization") { return .authorization }
      if bytes.equalsIgnoringCase("cache-control") { return .cacheControl }
      if bytes.equalsIgnoringCase("if-none-match") { return .ifNoneMatch }
      if bytes.equalsIgnoringCase("last-event-id") { return .lastEventID }
      if bytes.equalsIgnoringCase("x-prompt-hash") { return .xPromptHash }
    case 14:
      if bytes.equalsIgnoringCase("content-length") { return .contentLength }
      if bytes.equalsIgnoringCase("openai-project") { return .openAIProject }
      if bytes.equalsIgnoringCase("anthropic-beta") { return .anthropicBeta }
      if bytes.equalsIgnoringCase("x-max-cost-usd") { return .xMaxCostUSD }
      if bytes.equalsIgnoringCase("x-should-retry") { return .xShouldRetry }
    case 15:
      if bytes.equalsIgnoringCase("x-forwarded-for") { return .xForwardedFor }
      if bytes.equalsIgnoringCase("accept-encoding") { return .acceptEncoding }
      if bytes.equalsIgnoringCase("idempotency-key") { return .idempotencyKey }
    case 16:
      if bytes.equalsIgnoringCase("content-encoding") { return .contentEncoding }
    case 17:
      if bytes.equalsIgnoringCase("transfer-encoding") { return .transferEncoding }
      if bytes.equalsIgnoringCase("anthropic-version") { return .anthropicVersion }
    case 19:
      if bytes.equalsIgnoringCase("openai-organization") { return .openAIOrganization }
      if bytes.equalsIgnoringCase("x-client-request-id") { return .xClientRequestID }
    case 20:
      if bytes.equalsIgnoringCase("x-request-timeout-ms") { return .xRequestTimeoutMs }
      if bytes.equalsIgnoringCase("x-switchyard-attempt") { return .xSwitchyardAttempt }
      if bytes.equalsIgnoringCase("x-switchyard-version") { return .xSwitchyardVersion }
    default: break
    }
    return .other
  }
}
