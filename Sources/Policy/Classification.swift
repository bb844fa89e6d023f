/// What one attempt's end means, decided once; retry, metrics, log and headers all use this verdict.
///
/// Statuses after algorithms §7 and the rulings of §2; `effect` is what breakers make of it.
package struct Classification: Sendable, Equatable {
  /// For whoever counts successes and failures of an endpoint.
  package enum Kind: String, Sendable {
    case success, failure
    /// Says nothing about the endpoint: the caller's own mistake, or the caller has gone.
    case ignore
    /// The endpoint asks for a pause; no failure.
    case cooldown
    /// The router's own credential is refused, whoever calls with it.
    case credential
  }

  /// Who caused it.
  package enum Fault: String, Sendable, CaseIterable { case client, policy, provider, switchyard }

  /// Where trying again can help, as long as nothing has reached the client.
  package enum Retry: Sendable {
    case never
    /// Another endpoint or deployment may do better; the same one won't.
    case elsewhere
    /// The same endpoint too, after a pause.
    case anywhere
  }

  package var kind: Kind
  package var fault: Fault?
  package var retry: Retry
  /// A short word from a closed vocabulary, for metrics and logs.
  package var reason: Reason

  package enum Reason: String, Sendable, CaseIterable {
    case ok
    case rateLimited = "rate_limited"
    case serverError = "server_error"
    case overloaded
    case requestTimeout = "request_timeout"
    case conflict
    case credential
    case refusedByProvider = "refused_by_provider"
    case tooLarge = "request_too_large"
    case breakerOpen = "breaker_open"
    case full
    case redirect
    case connect
    case connectTimeout = "connect_timeout"
    case tls
    case reset
    case garbage
    case oversizedHead = "oversized_head"
    case malformedBody = "malformed_body"
    case brokenStream = "broken_stream"
    case errorEvent = "error_event"
    case firstByteTimeout = "first_byte_timeout"
    case stalled
    case deadline
    case clientGone = "client_gone"
    case fellBehind = "fell_behind"
    case hedgeLost = "hedge_lost"
    case branchLost = "branch_lost"
    case stopping
    case local
  }

  package init(_ kind: Kind, fault: Fault?, retry: Retry, _ reason: Reason) {
    self.kind = kind
    self.fault = fault
    self.retry = retry
    self.reason = reason
  }
}

extension Classification {
  package static let success = Classification(.success, fault: nil, retry: .never, .ok)
  package static let clientGone = Classification(.ignore, fault: .client, retry: .never, .clientGone)
  /// The client reads what others read too, and so much slower that it is no longer kept.
  package static let fellBehind = Classification(.ignore, fault: .client, retry: .never, .fellBehind)
  /// Another attempt of the same exchange was sooner.
  package static let hedgeLost = Classification(.ignore, fault: nil, retry: .never, .hedgeLost)
  /// Its ensemble is decided without it.
  package static let branchLost = Classification(.ignore, fault: nil, retry: .never, .branchLost)
  /// It was cancelled, as others of its exchange were sooner: that says no more of its endpoint than for how long there was no answer.
  package var isOutpaced: Bool { reason == .hedgeLost || reason == .branchLost }
  /// The replica ends, and could wait no longer.
  package static let stopping = Classification(.ignore, fault: .switchyard, retry: .never, .stopping)

  /// Time was up: the provider's failure, unless the client gave it less time than the router would have.
  package static func deadline(isClients: Bool) -> Classification {
    isClients
      ? Classification(.ignore, fault: .client, retry: .never, .deadline)
      : Classification(.failure, fault: .provider, retry: .never, .deadline)
  }

  /// A failure of the transport, which is the provider's whoever asked.
  package static func transport(_ reason: Reason) -> Classification {
    Classification(.failure, fault: .provider, retry: .anywhere, reason)
  }

  /// Trouble of our own (memory, a wrong use of a library): never the endpoint's.
  package static let local = Classification(.ignore, fault: .switchyard, retry: .elsewhere, .local)

  /// Nothing was attempted, as breakers, cooldowns or refused credentials leave nothing out of which to choose.
  package static let breakerOpen = Classification(
    .ignore, fault: .provider, retry: .elsewhere, .breakerOpen)
  /// Nothing was attempted, as all endpoints have as many requests as they take.
  package static let full = Classification(.ignore, fault: .provider, retry: .elsewhere, .full)
  /// Another deployment may take more.
  private static let tooLarge = Classification(.ignore, fault: .client, retry: .elsewhere, .tooLarge)

  /// What an answer says of its failure beside the status.
  package struct Hints: Sendable, Equatable {
    /// The head says how long to stay away.
    package var asksToWait = false
    package var complaint: Complaint?

    package init(asksToWait: Bool = false, complaint: Complaint? = nil) {
      (self.asksToWait, self.complaint) = (asksToWait, complaint)
    }
  }

  /// What an error's body says that its status doesn't.
  package enum Complaint: Sendable, Equatable {
    /// The account has nothing left to spend: waiting doesn't help.
    case quotaSpent
    /// This request alone is larger than what is allowed at once.
    case tooLarge
    /// The router's own credential is refused.
    case credential
  }

  /// An answer whose body is whole, by its status and what it says beside.
  ///
  /// 402 and 403 are failures, reported by caller: a provider may want more for one request than is left, and its filter may refuse what
  /// one caller sends, who must not close the credential for all; one that is refused to all opens the breaker as other failures do.
  package init(status: Int, _ hints: Hints = Hints()) {
    switch status {
    case 200..<300: self = .success
    case 300..<400: self.init(.failure, fault: .provider, retry: .elsewhere, .redirect)
    case 401: self.init(.credential, fault: .provider, retry: .elsewhere, .credential)
    // Gemini's status for it.
    case 400 where hints.complaint == .credential:
      self.init(.credential, fault: .provider, retry: .elsewhere, .credential)
    case 402, 403: self.init(.failure, fault: .provider, retry: .elsewhere, .credential)
    case 408: self.init(.failure, fault: .provider, retry: .elsewhere, .requestTimeout)
    case 409: self.init(.ignore, fault: .provider, retry: .elsewhere, .conflict)
    case 413: self = .tooLarge
    case 429 where hints.complaint == .tooLarge: self = .tooLarge
    case 429 where hints.complaint == .quotaSpent:
      self.init(.credential, fault: .provider, retry: .elsewhere, .credential)
    case 429: self.init(.cooldown, fault: .provider, retry: .elsewhere, .rateLimited)
    case 400..<500: self.init(.ignore, fault: .client, retry: .never, .refusedByProvider)
    case 503 where hints.asksToWait, 529 where hints.asksToWait:
      self.init(.cooldown, fault: .provider, retry: .elsewhere, .overloaded)
    case 503, 529: self.init(.failure, fault: .provider, retry: .anywhere, .overloaded)
    case 500..<600: self.init(.failure, fault: .provider, retry: .anywhere, .serverError)
    default: self.init(.failure, fault: .provider, retry: .elsewhere, .garbage)
    }
  }
}
