import NIOCore

/// Decisions in Redis, a string each that ends by itself. They go out with whatever else is said, and tell no breaker anything.
extension RedisState: DecisionRegister {
  package func keep(
    _ decision: [UInt8], of id: String, for lifetime: Int64, _ completion: @escaping (_ isKept: Bool) -> Void
  ) {
    guard isAvailable, decisionsUnderWay < DecisionTerms.mostUnderWay,
      decision.count <= DecisionTerms.longest
    else { return completion(false) }
    decisionsUnderWay += 1
    let key = DecisionTerms.key(id, prefix: prefix)
    var bytes = ByteBufferAllocator().buffer(capacity: decision.count + 256)
    bytes.writeCommand(words: 4)
    bytes.writeWord("PSETEX")
    bytes.writeWord(key)
    bytes.writeWord(lifetime)
    bytes.writeWord(decision)
    runner.ask(bytes, key: key, isCounted: false) { [weak self] result in
      self?.decisionsUnderWay -= 1
      if case .success = result { completion(true) } else { completion(false) }
    }
    flushSoon()
  }

  package func readDecision(_ id: String, _ completion: @escaping StateCompletion<[UInt8]?>) {
    guard isAvailable else { return completion(.failure(.unavailable)) }
    let key = DecisionTerms.key(id, prefix: prefix)
    ask(["GET", key], key: key) { result in
      completion(
        result.flatMap { reply in
          switch reply {
          case .bytes(let bytes): .success(bytes)
          case .none: .success(nil)
          default: .failure(.malformed)
          }
        })
    }
  }
}
