import Policy

/// The same in the memory of a replica alone.
extension EmbeddedState: AuditRegister {
  package func keep(
    _ text: [UInt8], as entry: AuditEntry, for lifetime: Int64,
    _ completion: @escaping (_ isKept: Bool) -> Void
  ) {
    guard text.count <= AuditEntry.longest else { return completion(false) }
    let now = now
    store.withAudits { $0.keep(text, of: entry.key(prefix: "sy"), until: now + lifetime, now: now) }
    completion(true)
  }

  package func read(_ entry: AuditEntry, _ completion: @escaping StateCompletion<[UInt8]?>) {
    let now = now
    completion(.success(store.withAudits { $0.text(of: entry.key(prefix: "sy"), now: now) }))
  }
}
