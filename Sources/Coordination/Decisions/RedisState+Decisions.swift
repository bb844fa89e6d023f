import NIOCore

/// Decisions in Redis, a string each that ends by itself. They go out with whatever else is said, and tell no breaker anything.
extension RedisState: DecisionRegister {
  package func keep(
    _ decision: [UInt8], of id: String, for lifetime: Int64, _ completion: @escaping (_ isKept: Bool) -> Void
  ) {
    guard decision.count <= DecisionTerms.longest else { return completion(false) }
    keep(decision, at: DecisionTerms.key(id, prefix: prefix), for: lifetime, completion)
  }

  /// A string that ends by itself after so many milliseconds. False where it was lost.
  func keep(
    _ text: [UInt8], at key: String, for lifetime: Int64, _ completion: @escaping (_ isKept: Bool) -> Void
  ) {
    guard isAvailable, decisionsUnderWay < DecisionTerms.mostUnderWay else { return completion(false) }
    decisionsUnderWay += 1
    var bytes = ByteBufferAllocator().buffer(capacity: text.count + 256)
    bytes.writeCommand(words: 4)
    bytes.writeWord("PSETEX")
    bytes.writeWord(key)
    bytes.writeWord(lifetime)
    bytes.writeWord(text)
    runner.ask(bytes, key: key, isCounted: false) { [weak self] result in
      self?.decisionsUnderWay -= 1
      if case .success = result { completion(true) } else { completion(false) }
    }
    flushSoon()
  }

  package func readDecision(_ id: String, _ completion: @escaping StateCompletion<[UInt8]?>) {
    readBytes(at: DecisionTerms.key(id, prefix: prefix), completion)
  }

  /// Nil where there is no such string.
  func readBytes(at key: String, _ completion: @escaping StateCompletion<[UInt8]?>) {
    guard isAvailable else { return completion(.failure(.unavailable)) }
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
