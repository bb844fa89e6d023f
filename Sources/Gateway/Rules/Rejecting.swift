import Coordination
import Dialects
import Policy

/// Sessions that have rejected their last answer.
extension Worker {
  private static let salt = Array("rejection ".utf8)

  /// Learns whether a request's session has rejected its last answer, for rules that ask. The shared state is read for requests alone that
  /// say of which session they are; while it doesn't answer, nobody has.
  func readRejection(_ facts: RequestFacts, _ principal: Principal, _ exchange: Exchange) async {
    let unit = StickyUnit(head: exchange.head, facts: facts, principal: principal, request: nil)
    guard unit.hasSession else { return }
    let session = unit.hash(Self.salt)
    exchange.session = session
    guard feedbackRegister.isAvailable else { return }
    let result: Result<Bool, StateFailure> = await waitForState(exchange) { fill in
      feedbackRegister.hasRejected(session) { fill($0) }
      feedbackRegister.flush()
    }
    if case .success(let hasRejected) = result { exchange.hasRejected = hasRejected }
  }
}
