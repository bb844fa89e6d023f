package import Policy

/// Keys in memory, by the scripts' twin: for a replica alone. They are gone with the process.
extension EmbeddedState: KeyRegister {
  package var isShared: Bool { false }
  package var keyNames: KeyNames { Self.names }

  package func readKey(
    _ id: String, _ completion: @escaping (Result<KeyReading, StateFailure>) -> Void
  ) {
    let now = now
    let fields = store.withKeys { $0.fields(Self.names.record(id), now: now) }
    do throws(KeyRecordError) {
      completion(.success(.entry(try KeyEntry(fields: fields), now: now)))
    } catch {
      completion(.success(.unreadable(error)))
    }
  }

  package func keyChanges(
    since epoch: Int64, _ completion: @escaping (Result<KeyChanges, StateFailure>) -> Void
  ) {
    completion(.success(store.withKeys { $0.changes(since: epoch, now: now) }))
  }

  package func keySecret(
    proposing secret: KeySecret, _ completion: @escaping (Result<KeySecret, StateFailure>) -> Void
  ) {
    let text = store.withKeys { $0.secret(secret.text, now: now) }
    completion(KeySecret(text: text).map(Result.success) ?? .failure(.malformed))
  }

  package func put(_ put: KeyPut, _ completion: @escaping (Result<KeyPut.Reply, StateFailure>) -> Void) {
    completion(.success(store.withKeys { $0.put(put, now: now) }))
  }

  package func revokeKey(
    _ id: String, _ completion: @escaping (Result<KeyRevocation, StateFailure>) -> Void
  ) {
    let revocation = store.withKeys { $0.revoke(Self.names.record(id), now: now) }
    completion(revocation.map(Result.success) ?? .failure(.malformed))
  }

  package func noteKey(
    _ id: String, isListed: Bool, _ completion: @escaping (Result<Int64, StateFailure>) -> Void
  ) {
    completion(.success(store.withKeys { $0.note(id, isListed: isListed, now: now) }))
  }

  package func listKeys(
    after last: String, count: Int, _ completion: @escaping (Result<[String], StateFailure>) -> Void
  ) {
    completion(.success(store.withKeys { $0.list(after: last, count: count, now: now) }))
  }

  static let names = KeyNames(prefix: "sy")
}
