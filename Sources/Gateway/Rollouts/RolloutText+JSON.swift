package import Coordination
package import Policy
package import Settings

/// Versions and rollouts as programs are shown them. Instants are milliseconds since 1970, weights percent.
package enum RolloutText {
  package static func json(_ report: RolloutReport, _ rules: RolloutRules) -> JSON {
    [
      "cluster": json(report.cluster),
      "models": .array(report.models.map { json($0, rules, now: report.cluster.now) }),
    ]
  }

  private static func json(_ cluster: ClusterOverview) -> JSON {
    let acks = cluster.acks.sorted { $0.key < $1.key }.map { replica, ack -> JSON in
      [
        "replica": .string(replica), "epoch": .int(Int(ack.position.epoch)),
        "version": .int(Int(ack.position.version)), "age_ms": .int(Int(max(0, cluster.now - ack.at))),
        "has_applied": .bool(ack.position >= cluster.position),
      ]
    }
    return [
      "epoch": .int(Int(cluster.position.epoch)), "version": .int(Int(cluster.position.version)),
      "by": .string(cluster.by), "at": .int(Int(cluster.at)), "is_whole": .bool(cluster.isWhole),
      "leader": cluster.leader.map { .string($0.id) } ?? .null,
      "leader_epoch": cluster.leader.map { .int(Int($0.epoch)) } ?? .null,
      "replicas": .int(cluster.live.count), "applied": .int(cluster.applied), "acks": .array(acks),
    ]
  }

  private static func json(_ overview: RolloutOverview, _ rules: RolloutRules, now: Int64) -> JSON {
    guard let state = overview.state else {
      return ["model": .string(overview.model.name), "unreadable": .bool(true)]
    }
    return [
      "model": .string(overview.model.name), "revision": .int(Int(state.revision)),
      "active": state.active.map(JSON.int) ?? .null,
      "candidate": state.candidate.map { json($0, state, overview, rules, now: now) } ?? .null,
      "versions": .array(versions(overview)),
    ]
  }

  private static func json(
    _ candidate: RolloutState.Candidate, _ state: RolloutState, _ overview: RolloutOverview,
    _ rules: RolloutRules, now: Int64
  ) -> JSON {
    [
      "version": .int(candidate.version), "state": .string(candidate.phase.rawValue),
      "step": .int(candidate.step + 1), "steps": .array(rules.steps.map(percent)),
      "weight": percent(candidate.weight), "since": .int(Int(candidate.since)),
      // 0 is the model's own deployments.
      "baseline": .int(state.active ?? 0),
      "hold": candidate.hold.map { .string($0.rawValue) } ?? .null,
      "thresholds": candidate.thresholds.map(json) ?? .null,
      "judged": judged(overview, rules, now: now),
    ]
  }

  private static func judged(_ overview: RolloutOverview, _ rules: RolloutRules, now: Int64) -> JSON {
    guard let (judge, verdict) = overview.judged(rules, now: now) else { return .null }
    let needs = verdict.needs
    return [
      "verdict": .string(verdict.word), "requests": .int(Int(judge.requests)),
      "requests_wanted": .int(Int(judge.rule.leastRequests)),
      "needs": .array(needs.map { .string($0.word) }),
      "evidence": .array(
        judge.evidence(needs).map {
          [
            "metric": .string($0.metric.rawValue), "harm": .decimal($0.harm), "needed": .bool($0.isNeeded),
          ]
        }),
    ]
  }

  private static func json(_ thresholds: Thresholds) -> JSON {
    let values: [(String, Int64?)] = [
      ("slow95_ms", thresholds.slow95), ("slow99_ms", thresholds.slow99), ("ttft95_ms", thresholds.ttft95),
      ("cost90_microdollars", thresholds.cost90),
    ]
    return .object(values.map { (name: $0.0, value: $0.1.map { .int(Int($0)) } ?? .null) })
  }

  private static func percent(_ weight: Weight) -> JSON { .decimal(Double(weight.hundredths) / 100) }

  /// The versions of a model, each with where it stands.
  package static func versions(_ overview: RolloutOverview) -> [JSON] {
    overview.versions.map { version in
      [
        "model": .string(overview.model.name), "version": .int(version.number),
        "stage": .string(version.stage.rawValue), "vetoed": .bool(version.isVetoed),
        "votes": .object(
          version.votes.sorted { $0.key < $1.key }.map { (name: $0.key, value: .string($0.value)) }),
        "sunset": version.sunset.map { .int(Int($0)) } ?? .null,
        "bundle": version.bundle.map { json($0) } ?? .null,
      ]
    }
  }

  package static func json(_ bundle: Bundle) -> JSON {
    (try? JSONLiteral(text: bundle.line)).map { .literal($0) } ?? .null
  }

  /// A line of the audit; `at` is when it was written.
  package static func json(_ entry: ControlAudit.Entry) -> JSON {
    let pairs = stride(from: 0, to: entry.words.count - 1, by: 2)
    let fields = pairs.map { (name: entry.words[$0], value: JSON.string(entry.words[$0 + 1])) }
    return .object(
      [(name: "id", value: .string(entry.id)), (name: "at", value: .int(Int(instant(entry))))] + fields)
  }

  static func instant(_ entry: ControlAudit.Entry) -> Int64 {
    Int64(entry.id.prefix { $0 != "-" }) ?? 0
  }
}

extension StageVerdict {
  var word: String {
    switch self {
    case .gathering: "gathering"
    case .rollBack(let harm): "rollback: \(RolloutHarm.stage(harm).word)"
    case .promote: "promote"
    case .inconclusive: "inconclusive"
    }
  }

  var needs: [StageNeed] {
    switch self {
    case .gathering(let needs), .inconclusive(let needs): needs
    case .rollBack, .promote: []
    }
  }
}

extension StageNeed {
  var word: String {
    switch self {
    case .requests(let count): "\(count) more requests"
    case .time(let time): "\(RolloutText.span(time)) more"
    case .metric(let metric): metric.rawValue
    case .costs: "costs"
    }
  }
}
