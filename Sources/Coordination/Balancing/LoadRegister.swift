import Policy

/// Where replicas tell each other what they have in flight, as one worker sees it. A replica alone has none.
package protocol LoadRegister: AnyObject {
  /// Tells, and calls back on the worker's loop, once.
  func tell(_ report: LoadReport, _ completion: @escaping (Result<LoadReport.Reply, StateFailure>) -> Void)
}

extension RedisState: LoadRegister {
  package func tell(
    _ report: LoadReport, _ completion: @escaping (Result<LoadReport.Reply, StateFailure>) -> Void
  ) {
    guard isAvailable else { return completion(.failure(.unavailable)) }
    run(scripts.loads.tell, ScriptCall(report, key: loadKey)) { result in
      completion(
        result.flatMap { LoadReport.Reply($0).map(Result.success) ?? .failure(.malformed) })
    }
    flush()
  }
}
