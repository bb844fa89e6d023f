import Policy

/// The last decisions of a replica alone, in its memory.
extension EmbeddedState: DecisionRegister {
  package func keep(
    _ decision: [UInt8], of id: String, for lifetime: Int64, _ completion: @escaping (_ isKept: Bool) -> Void
  ) {
    guard decision.count <= DecisionTerms.longest else { return completion(false) }
    let now = now
    store.withDecisions { $0.keep(decision, of: id, until: now + lifetime, now: now) }
    completion(true)
  }

  package func readDecision(_ id: String, _ completion: @escaping StateCompletion<[UInt8]?>) {
    let now = now
    completion(.success(store.withDecisions { $0.text(of: id, now: now) }))
  }
}
