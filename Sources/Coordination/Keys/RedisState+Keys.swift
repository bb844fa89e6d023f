package import Policy

/// Keys in Redis, by their scripts.
extension RedisState: KeyRegister {
  package var isShared: Bool { true }

  package func readKey(
    _ id: String, _ completion: @escaping (Result<KeyReading, StateFailure>) -> Void
  ) {
    run(scripts.keys.get, ScriptCall(recordOf: id, keyNames)) { result in
      completion(
        result.flatMap { reply in
          do throws(KeyRecordError) {
            guard let read = try KeyReplies.get(reply) else { return .failure(.malformed) }
            return .success(.entry(read.entry, now: read.now))
          } catch {
            return .success(.unreadable(error))
          }
        })
    }
  }

  package func keyChanges(
    since epoch: Int64, _ completion: @escaping (Result<KeyChanges, StateFailure>) -> Void
  ) {
    run(scripts.keys.changes, ScriptCall(changesSince: epoch, keyNames), KeyReplies.changes, completion)
  }

  package func keySecret(
    proposing secret: KeySecret, _ completion: @escaping (Result<KeySecret, StateFailure>) -> Void
  ) {
    run(scripts.keys.secret, ScriptCall(proposing: secret, keyNames), KeyReplies.secret, completion)
  }

  package func put(_ put: KeyPut, _ completion: @escaping (Result<KeyPut.Reply, StateFailure>) -> Void) {
    run(scripts.keys.put, ScriptCall(put), KeyReplies.put, completion)
  }

  package func revokeKey(
    _ id: String, _ completion: @escaping (Result<KeyRevocation, StateFailure>) -> Void
  ) {
    run(scripts.keys.revoke, ScriptCall(recordOf: id, keyNames), KeyReplies.revoke, completion)
  }

  package func noteKey(
    _ id: String, isListed: Bool, _ completion: @escaping (Result<Int64, StateFailure>) -> Void
  ) {
    run(
      scripts.keys.note, ScriptCall(noting: id, isListed: isListed, keyNames), KeyReplies.note, completion)
  }

  package func listKeys(
    after last: String, count: Int, _ completion: @escaping (Result<[String], StateFailure>) -> Void
  ) {
    run(
      scripts.keys.list, ScriptCall(listAfter: last, count: count, keyNames), KeyReplies.list, completion)
  }
}
