/// What is looked at again in Redis, a string each that ends by itself.
extension RedisState: AuditRegister {
  package func keep(
    _ text: [UInt8], as entry: AuditEntry, for lifetime: Int64,
    _ completion: @escaping (_ isKept: Bool) -> Void
  ) {
    guard text.count <= AuditEntry.longest else { return completion(false) }
    keep(text, at: entry.key(prefix: prefix), for: lifetime, completion)
  }

  package func read(_ entry: AuditEntry, _ completion: @escaping StateCompletion<[UInt8]?>) {
    readBytes(at: entry.key(prefix: prefix), completion)
  }
}
