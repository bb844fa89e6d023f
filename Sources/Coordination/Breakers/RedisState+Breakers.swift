package import Policy

/// Breakers in Redis, by their scripts.
extension RedisState: SharedBreakers {
  package func report(
    _ report: BreakerReport, _ keys: BreakerKeys, _ settings: BreakerSettings, jitter: Int64,
    _ completion: @escaping (Result<BreakerReport.Reply, StateFailure>) -> Void
  ) {
    let call = ScriptCall(report, keys, settings, jitter: jitter)
    run(scripts.breakers.report, call, BreakerReport.Reply.init, completion)
  }

  package func permit(
    _ id: String, _ keys: BreakerKeys, _ settings: BreakerSettings, jitter: Int64,
    _ completion: @escaping (Result<BreakerPermit, StateFailure>) -> Void
  ) {
    let call = ScriptCall(permit: id, keys, settings, jitter: jitter)
    run(scripts.breakers.permit, call, BreakerPermit.init, completion)
  }

  package func probe(
    _ probe: BreakerProbe, _ keys: BreakerKeys, _ settings: BreakerSettings, jitter: Int64,
    _ completion: @escaping (Result<BreakerProbe.Reply, StateFailure>) -> Void
  ) {
    let call = ScriptCall(probe, keys, settings, jitter: jitter)
    run(scripts.breakers.probe, call, BreakerProbe.Reply.init, completion)
  }

  package func readBreaker(
    _ keys: BreakerKeys, _ completion: @escaping (Result<BreakerStatus, StateFailure>) -> Void
  ) {
    run(scripts.breakers.read, ScriptCall(reading: keys), BreakerStatus.init, completion)
  }
}
