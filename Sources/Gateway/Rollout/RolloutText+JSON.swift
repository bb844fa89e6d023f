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
      "leader": optional(cluster.leader) { .string($0.id) },
      "leader_epoch": optional(cluster.leader) { .int(Int($0.epoch)) },
      "replicas": .int(cluster.live.count), "applied": .int(cluster.applied), "acks": .array(acks),
    ]
  }

  private static func json(_ overview: RolloutOverview, _ rules: RolloutRules, now: Int64) -> JSON {
    guard let state = overview.state else {
      return ["model": .string(overview.model.name), "unreadable": .bool(true)]
    }
    return [
      "model": .string(overview.model.name), "revision": .int(Int(state.revision)),
      "active": optional(state.active) { .int($0) },
      "candidate": optional(state.candidate) { json($0, state, overview, rules, now: now) },
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
      "hold": optional(candidate.hold) { .string($0.rawValue) },
      "thresholds": optional(candidate.thresholds) { json($0) },
      "copies_cost_microdollars": optional(overview.spent) { .int(Int($0)) },
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
      "evidence": .array(judge.evidence(needs).map { json($0) }),
    ]
  }

  private static func json(_ evidence: StageEvidence) -> JSON {
    [
      "metric": .string(evidence.metric.rawValue), "harm": .decimal(evidence.harm),
      "needed": .bool(evidence.isNeeded),
    ]
  }

  private static func optional<Value>(_ value: Value?, _ json: (Value) -> JSON) -> JSON {
    guard let value else { return .null }
    return json(value)
  }

  private static func json(_ thresholds: Thresholds) -> JSON {
    let values: [(String, Int64?)] = [
      ("slow95_ms", thresholds.slow95), ("slow99_ms", thresholds.slow99), ("ttft95_ms", thresholds.ttft95),
      ("cost90_microdollars", thresholds.cost90), ("long95_tokens", thresholds.long95),
      ("lowq10_millionths", thresholds.lowq10),
    ]
    var members: [(name: String, value: JSON)] = []
    for (name, value) in values { members.append((name, optional(value) { .int(Int($0)) })) }
    return .object(members)
  }

  private static func percent(_ weight: Weight) -> JSON { .decimal(Double(weight.hundredths) / 100) }

  /// The versions of a model, each with where it stands.
  package static func versions(_ overview: RolloutOverview) -> [JSON] {
    overview.versions.map { version -> JSON in
      var votes: [(name: String, value: JSON)] = []
      for (replica, metric) in version.votes.sorted(by: { $0.key < $1.key }) {
        votes.append((replica, .string(metric)))
      }
      return [
        "model": .string(overview.model.name), "version": .int(version.number),
        "stage": .string(version.stage.rawValue), "vetoed": .bool(version.isVetoed),
        "votes": .object(votes), "sunset": optional(version.sunset) { .int(Int($0)) },
        "bundle": optional(version.bundle) { json($0) }, "evaluation": json(version.evaluation),
      ]
    }
  }

  package static func json(_ bundle: Bundle) -> JSON {
    guard let value = try? JSONLiteral(text: bundle.line) else { return .null }
    return .literal(value)
  }

  /// A line of the audit; `at` is when it was written.
  package static func json(_ entry: ControlAudit.Entry) -> JSON {
    var members: [(name: String, value: JSON)] = [
      ("id", .string(entry.id)), ("at", .int(Int(instant(entry)))),
    ]
    for index in stride(from: 0, to: entry.words.count - 1, by: 2) {
      members.append((entry.words[index], .string(entry.words[index + 1])))
    }
    return .object(members)
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
