package import Policy

/// A provider's error without the words of a dialect.
package struct ChatError: Error, Sendable, Equatable {
  /// What happened.
  package enum Kind: String, Sendable, CaseIterable {
    case invalidRequest = "invalid_request"
    /// The prompt is longer than the model's context.
    case contextTooLong = "context_too_long"
    /// The provider's filter refused the prompt.
    case contentFiltered = "content_filtered"
    /// The request is larger than a limit, so that waiting is of no use.
    case tooLarge = "too_large"
    case notFound = "not_found"
    /// The router's credential is refused, or may not do this.
    case authentication, permission
    case rateLimited = "rate_limited"
    /// Nothing is left to spend.
    case quotaSpent = "quota_spent"
    case timeout
    case overloaded
    case server
  }

  package var kind: Kind
  /// The provider's own words; they may name its accounts and addresses.
  package var message: String
  /// The field at fault, in the provider's dialect.
  package var param: String?
  /// The provider's own word.
  package var code: String?

  package init(_ kind: Kind, _ message: String, param: String? = nil, code: String? = nil) {
    (self.kind, self.message, self.param, self.code) = (kind, message, param, code)
  }
}

/// One table for all dialects: what happened, whose fault it is, and how a client is told.
extension ChatError.Kind {
  /// By a status alone, where a body says no more.
  package init(status: Int) {
    switch status {
    case 401: self = .authentication
    case 402: self = .quotaSpent
    case 403: self = .permission
    case 404: self = .notFound
    case 408, 504: self = .timeout
    case 413: self = .tooLarge
    case 429: self = .rateLimited
    case 503, 529: self = .overloaded
    case 400..<500: self = .invalidRequest
    default: self = .server
    }
  }

  /// What a client is told where the provider's status says nothing, as in mid-stream.
  package var status: Int {
    switch self {
    case .invalidRequest, .contextTooLong, .contentFiltered: 400
    case .tooLarge: 413
    case .notFound: 404
    case .authentication, .permission, .server: 502
    case .rateLimited, .quotaSpent: 429
    case .timeout: 504
    case .overloaded: 503
    }
  }

  package var source: ErrorBody.Source {
    switch self {
    case .invalidRequest, .contextTooLong, .contentFiltered, .tooLarge, .notFound: .client
    case .authentication, .permission: .switchyard
    case .rateLimited, .quotaSpent, .timeout, .overloaded, .server: .provider
    }
  }

  /// OpenAI's class of error.
  package var type: String {
    switch self {
    case .invalidRequest, .contextTooLong, .contentFiltered, .tooLarge, .notFound: "invalid_request_error"
    case .rateLimited, .quotaSpent: "rate_limit_error"
    case .authentication, .permission, .timeout, .overloaded, .server: "server_error"
    }
  }

  /// A word for programs: OpenAI's own where it has one.
  package var code: String {
    switch self {
    case .invalidRequest: "refused_by_provider"
    case .contextTooLong: "context_length_exceeded"
    case .contentFiltered: "content_filter"
    case .tooLarge: "request_too_large"
    case .notFound: "model_not_found"
    case .authentication, .permission: "upstream_credential_refused"
    case .rateLimited: "upstream_rate_limited"
    case .quotaSpent: "upstream_quota_spent"
    case .timeout: "upstream_timeout"
    case .overloaded: "upstream_overloaded"
    case .server: "upstream_error"
    }
  }

  /// Our words for what isn't the client's business in the provider's.
  fileprivate var words: String {
    switch self {
    case .authentication, .permission:
      "The provider refused the router's own credential. Your key is fine; tell the operator."
    case .rateLimited:
      "The provider's own limit is reached. Try again later; not before Retry-After, if it is sent."
    case .quotaSpent: "What the router may spend at the provider is spent. Tell the operator."
    case .timeout: "The provider did not answer in time. Try again, or allow it more time."
    case .overloaded: "The provider is overloaded. Try again later."
    case .invalidRequest, .contextTooLong, .contentFiltered, .tooLarge, .notFound, .server:
      "The provider could not answer. Try again later."
    }
  }

  /// What a status alone doesn't say to whoever decides on the next attempt.
  package var complaint: Classification.Complaint? {
    switch self {
    case .quotaSpent: .quotaSpent
    case .tooLarge: .tooLarge
    case .authentication: .credential
    default: nil
    }
  }
}

extension ErrorBody {
  /// What a client is told of a provider's error: the provider's own message where the client can do something about it, else ours,
  /// as the provider's may name our account, key or addresses.
  package init(_ error: ChatError) {
    let isClients = error.kind.source == .client && !error.message.isEmpty
    self.init(
      message: isClients ? error.message : error.kind.words, type: error.kind.type,
      param: isClients ? error.param : nil, code: error.kind.code, source: error.kind.source)
  }
}
