import CCurl

/// Why a transfer ended without a complete answer.
package struct TransferFailure: Error, Sendable, Equatable {
  package enum Kind: String, Sendable {
    /// No connection: refused, unreachable, name not found. Nothing was sent.
    case connect
    /// No connection in time. Nothing was sent.
    case connectTimeout = "connect_timeout"
    /// Certificate, host name or handshake. Nothing was sent.
    case tls
    /// The connection ended before the answer's head was whole.
    case reset
    /// What came isn't HTTP.
    case garbage
    /// The answer's head passed `UpstreamHead.limit`.
    case oversizedHead = "oversized_head"
    /// The answer's body ended early.
    case brokenBody = "broken_body"
    /// libcurl ran out of something or was used wrongly.
    case local
  }

  package let kind: Kind
  /// libcurl's own words; for logs, not for clients (it may name internal addresses).
  package let detail: String

  package init(kind: Kind, detail: String) {
    self.kind = kind
    self.detail = detail
  }
}

extension TransferFailure.Kind {
  /// libcurl's result, read in the light of whether the answer's head had come.
  init(_ code: CURLcode, headReceived: Bool) {
    switch code {
    case CURLE_COULDNT_CONNECT, CURLE_COULDNT_RESOLVE_HOST, CURLE_COULDNT_RESOLVE_PROXY, CURLE_PROXY:
      self = .connect
    case CURLE_OPERATION_TIMEDOUT:
      self = .connectTimeout
    case CURLE_SSL_CONNECT_ERROR, CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_CERTPROBLEM, CURLE_SSL_CIPHER,
      CURLE_SSL_CACERT_BADFILE, CURLE_SSL_ISSUER_ERROR, CURLE_SSL_PINNEDPUBKEYNOTMATCH,
      CURLE_SSL_INVALIDCERTSTATUS, CURLE_USE_SSL_FAILED:
      self = .tls
    case CURLE_WEIRD_SERVER_REPLY, CURLE_UNSUPPORTED_PROTOCOL, CURLE_BAD_CONTENT_ENCODING:
      self = .garbage
    case CURLE_OUT_OF_MEMORY where !headReceived:
      self = .oversizedHead  // how libcurl calls a field line beyond 100 KiB
    case CURLE_OUT_OF_MEMORY, CURLE_FAILED_INIT, CURLE_BAD_FUNCTION_ARGUMENT, CURLE_NOT_BUILT_IN,
      CURLE_UNKNOWN_OPTION, CURLE_URL_MALFORMAT:
      self = .local
    default:
      self = headReceived ? .brokenBody : .reset
    }
  }
}
