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

  /// Finds the name that `bytes` spell. What is found is a valid token, since all of its bytes were compared.
  @inline(__always)
  init(_ bytes: UnsafeRawBufferPointer) {
    switch bytes.count {
    case 2: self = bytes.ifIs(.te) ?? .other
    case 4: self = bytes.ifIs(.host) ?? .other
    case 6:
      self =
        bytes.ifIs(.expect) ?? bytes.ifIs(.cookie) ?? bytes.ifIs(.origin) ?? bytes.ifIs(.accept)
        ?? .other
    case 7: self = bytes.ifIs(.upgrade) ?? bytes.ifIs(.baggage) ?? .other
    case 9: self = bytes.ifIs(.xAPIKey) ?? .other
    case 10:
      self =
        bytes.ifIs(.userAgent) ?? bytes.ifIs(.connection) ?? bytes.ifIs(.tracestate)
        ?? bytes.ifIs(.xOptimize) ?? bytes.ifIs(.xPriority) ?? .other
    case 11: self = bytes.ifIs(.openAIBeta) ?? bytes.ifIs(.traceparent) ?? bytes.ifIs(.xTaskType) ?? .other
    case 12:
      self =
        bytes.ifIs(.contentType) ?? bytes.ifIs(.xRequestID) ?? bytes.ifIs(.xSessionID)
        ?? bytes.ifIs(.xTaskValue) ?? bytes.ifIs(.xDataClass) ?? .other
    case 13:
      self =
        bytes.ifIs(.authorization) ?? bytes.ifIs(.cacheControl) ?? bytes.ifIs(.ifNoneMatch)
        ?? bytes.ifIs(.lastEventID) ?? bytes.ifIs(.xPromptHash) ?? .other
    case 14:
      self =
        bytes.ifIs(.contentLength) ?? bytes.ifIs(.openAIProject) ?? bytes.ifIs(.anthropicBeta)
        ?? bytes.ifIs(.xMaxCostUSD) ?? .other
    case 15:
      self =
        bytes.ifIs(.xForwardedFor) ?? bytes.ifIs(.acceptEncoding) ?? bytes.ifIs(.idempotencyKey)
        ?? .other
    case 16: self = bytes.ifIs(.contentEncoding) ?? .other
    case 17: self = bytes.ifIs(.transferEncoding) ?? bytes.ifIs(.anthropicVersion) ?? .other
    case 19: self = bytes.ifIs(.openAIOrganization) ?? bytes.ifIs(.xClientRequestID) ?? .other
    case 20: self = bytes.ifIs(.xRequestTimeoutMs) ?? .other
    default: self = .other
    }
  }

  /// The name in lower case; empty for `.other`.
  @inline(__always)
  package var text: StaticString {
    switch self {
    case .other: ""
    case .host: "host"
    case .contentLength: "content-length"
    case .transferEncoding: "transfer-encoding"
    case .connection: "connection"
    case .expect: "expect"
    case .upgrade: "upgrade"
    case .te: "te"
    case .authorization: "authorization"
    case .xAPIKey: "x-api-key"
    case .userAgent: "user-agent"
    case .cookie: "cookie"
    case .origin: "origin"
    case .xForwardedFor: "x-forwarded-for"
    case .openAIOrganization: "openai-organization"
    case .openAIProject: "openai-project"
    case .contentType: "content-type"
    case .contentEncoding: "content-encoding"
    case .accept: "accept"
    case .acceptEncoding: "accept-encoding"
    case .cacheControl: "cache-control"
    case .ifNoneMatch: "if-none-match"
    case .lastEventID: "last-event-id"
    case .openAIBeta: "openai-beta"
    case .anthropicVersion: "anthropic-version"
    case .anthropicBeta: "anthropic-beta"
    case .traceparent: "traceparent"
    case .tracestate: "tracestate"
    case .baggage: "baggage"
    case .xRequestID: "x-request-id"
    case .xClientRequestID: "x-client-request-id"
    case .idempotencyKey: "idempotency-key"
    case .xRequestTimeoutMs: "x-request-timeout-ms"
    case .xSessionID: "x-session-id"
    case .xTaskType: "x-task-type"
    case .xTaskValue: "x-task-value"
    case .xOptimize: "x-optimize"
    case .xPriority: "x-priority"
    case .xMaxCostUSD: "x-max-cost-usd"
    case .xDataClass: "x-data-class"
    case .xPromptHash: "x-prompt-hash"
    }
  }
}

extension UnsafeRawBufferPointer {
  @inline(__always)
  fileprivate func ifIs(_ name: HeaderName) -> HeaderName? {
    equalsIgnoringCase(name.text) ? name : nil
  }
}
