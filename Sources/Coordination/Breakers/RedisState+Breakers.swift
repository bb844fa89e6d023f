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

  package func readWindow(
    _ keys: BreakerKeys, _ settings: BreakerSettings,
    _ completion: @escaping (Result<BreakerCounts, StateFailure>) -> Void
  ) {
    ask(["HGETALL", keys.window], key: keys.window) { [self] result in
      completion(
        result.flatMap { reply in
          guard let fields = reply.fields else { return .failure(.malformed) }
          return .success(BreakerWindow(fields: fields).sum(settings, now: now))
        })
    }
  }

  package func claimOutlierPass(
    prefix: String, for time: Int64, _ completion: @escaping (Result<Bool, StateFailure>) -> Void
  ) {
    let key = BreakerKeys.outlierToken(prefix: prefix)
    ask(["SET", key, name, "NX", "PX", "\(time)"], key: key) { result in
      completion(result.map { $0.text == "OK" })
    }
  }
}
