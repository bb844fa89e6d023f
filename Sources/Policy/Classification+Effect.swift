extension Classification {
  /// What an end says of the endpoint's breaker.
  package enum Effect: Sendable, Equatable {
    case none
    case ok
    /// It was answered, and badly: counted by caller.
    case answerFailed
    /// There was no answer, which is nobody's fault but the endpoint's; `isConnect`: not even a connection. A late one is counted by
    /// caller: a long prompt may take that long.
    case transportFailed(isConnect: Bool)
    /// It asks to be left alone.
    case cooldown
    /// Its credential is refused.
    case credential
  }

  package var effect: Effect {
    switch kind {
    case .success: .ok
    case .ignore: .none
    case .cooldown: .cooldown
    case .credential: .credential
    case .failure: failure
    }
  }

  private var failure: Effect {
    switch reason {
    case .connect, .connectTimeout, .tls: .transportFailed(isConnect: true)
    case .reset: .transportFailed(isConnect: false)
    default: .answerFailed
    }
  }
}
