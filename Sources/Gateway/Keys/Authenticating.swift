import Coordination
import Policy

/// Who asks.
extension Worker {
  /// The caller, by the key in `authorization` or `x-api-key`.
  func authenticate(_ exchange: Exchange) async throws(ExchangeError) -> Principal {
    let authenticator = exchange.snapshot.authenticator
    let principal: Principal
    if let anyone = authenticator.anyone {
      principal = anyone
    } else {
      principal = try await holder(of: exchange.head.withKey { $0.map(authenticator.find) }, exchange)
    }
    exchange.principal = principal
    return principal
  }

  /// Whom the key stands for, of which `finding` says what the configuration knows; nil: none was sent.
  private func holder(
    of finding: Authenticator.Finding?, _ exchange: Exchange
  ) async throws(ExchangeError) -> Principal {
    switch finding {
    case nil: throw .missingKey
    case .unknown: throw .wrongKey
    case .configured(let principal, let position):
      guard !keys.isRevoked(position, in: exchange.snapshot) else { throw .revokedKey }
      return principal
    case .virtual(let id, let digest):
      let address = exchange.connection.addressHash
      let answer = await waitForState(exchange) { fill in keys.look(id, digest, from: address, fill) }
      return try principal(answer, exchange)
    }
  }

  private func principal(_ answer: KeyRing.Answer, _ exchange: Exchange) throws(ExchangeError) -> Principal {
    switch answer {
    case .use(let holder), .useAndAsk(let holder):
      guard let principal = holder.principal(in: exchange.snapshot) else { throw .strayKey }
      return principal
    case .refused(.expired): throw .expiredKey
    case .refused(.revoked): throw .revokedKey
    case .refused: throw .wrongKey
    case .busy(let wait): throw .tooManyLookups(wait: wait)
    case .ask, .wait, .unavailable: throw .stateUnavailable
    }
  }
}
