package import Policy

/// Breakers in memory, by the scripts' twin: for a replica alone.
extension EmbeddedState: SharedBreakers {

  package func report(
    _ report: BreakerReport, _ keys: BreakerKeys, _ settings: BreakerSettings, jitter: Int64,
    _ completion: @escaping (Result<BreakerReport.Reply, StateFailure>) -> Void
  ) {
    let now = now
    completion(.success(with { $0.report(keys, report, settings, jitter: jitter, now: now) }))
  }

  package func permit(
    _ id: String, _ keys: BreakerKeys, _ settings: BreakerSettings, jitter: Int64,
    _ completion: @escaping (Result<BreakerPermit, StateFailure>) -> Void
  ) {
    let now = now
    completion(.success(with { $0.permit(keys, id, settings, jitter: jitter, now: now) }))
  }

  package func probe(
    _ probe: BreakerProbe, _ keys: BreakerKeys, _ settings: BreakerSettings, jitter: Int64,
    _ completion: @escaping (Result<BreakerProbe.Reply, StateFailure>) -> Void
  ) {
    let now = now
    completion(.success(with { $0.probe(keys, probe, settings, jitter: jitter, now: now) }))
  }

  package func readBreaker(
    _ keys: BreakerKeys, _ completion: @escaping (Result<BreakerStatus, StateFailure>) -> Void
  ) {
    let now = now
    completion(.success(store.withBreakers { $0.read(keys, now: now) }))
  }

  package func readWindow(
    _ keys: BreakerKeys, _ settings: BreakerSettings,
    _ completion: @escaping (Result<BreakerCounts, StateFailure>) -> Void
  ) {
    let now = now
    completion(.success(store.withBreakers { $0.window(keys, now: now).sum(settings, now: now) }))
  }

  /// There is no other.
  package func claimOutlierPass(
    prefix: String, for time: Int64, _ completion: @escaping (Result<Bool, StateFailure>) -> Void
  ) {
    completion(.success(true))
  }

  /// Nobody else is there to be told.
  private func with<Value>(_ event: (inout BreakerStore) -> Value) -> Value {
    store.withBreakers { breakers in
      defer { _ = breakers.takeNews() }
      return event(&breakers)
    }
  }
}
