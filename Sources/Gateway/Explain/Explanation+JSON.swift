import Coordination
import Policy
package import Settings

/// For programs. Members that aren't known are null; times are milliseconds, money micro-dollars.
extension Explanation {
  package var json: JSON {
    let asked: [(name: String, value: JSON)] = [
      ("answer", verdictJSON), ("live", .bool(seen != nil)), ("seen", seen.map(\.json) ?? .null),
      ("path", .string(path)), ("asker", asker.json), ("model", model.map(\.json) ?? .null),
      ("version", version.map(\.json) ?? .null), ("experiment", experiment.map(\.json) ?? .null),
      ("rules", .array(rules.map(\.json))),
      ("facts", .object(facts.map { (name: $0.name, value: .string($0.value)) })),
      ("left_out", .array(leftOut.map(\.json))), ("steered", steered.map(\.json) ?? .null),
      ("ensemble", ensemble.map(\.json) ?? .null),
    ]
    let found: [(name: String, value: JSON)] = [
      ("estimate", estimate.map(\.json) ?? .null), ("cache", cache.map(\.json) ?? .null),
      ("data", data.map(\.json) ?? .null),
      ("limits", .array(limits.map(\.json))), ("limits_decided", .string(limitBasis.rawValue)),
      ("stages", .array(stages.map(\.json))), ("notes", .array(notes.map(JSON.string))),
    ]
    return .object(asked + found)
  }

  private var verdictJSON: JSON {
    switch verdict {
    case .sent(let endpoint, let deployment, let model, let chance):
      [
        "is": "sent", "endpoint": .string(endpoint), "deployment": .string(deployment),
        "model": .string(model),
        "chance": .decimal(chance),
      ]
    case .cached: ["is": "cached"]
    case .refused(let error):
      [
        "is": "refused", "status": .int(error.status), "code": .string(error.code),
        "type": .string(error.type),
        "message": .string(error.message), "param": .text(error.param),
        "retry_after_ms": .number(
          error.retryAfterMilliseconds ?? error.retryAfterSeconds.map { Int64($0) * 1_000 }),
      ]
    case .waits(let why): ["is": "waits", "why": .string(why)]
    case .unknown(let reason): ["is": "unknown", "why": .string(reason)]
    }
  }
}

extension Explanation.Seen {
  fileprivate var json: JSON {
    let sight: JSON =
      switch sight {
      case .fresh: "fresh"
      case .old: "old"
      case .none: "none"
      }
    return [
      "replica": .string(phase), "workers": .int(workers), "alone": .bool(isAlone),
      "state_away": .bool(isStateAway),
      "loads": sight, "loads_age_ms": .number(age),
    ]
  }
}

extension Explanation.Asker {
  fileprivate var json: JSON {
    [
      "tenant": .string(tenant), "key": key == Authenticator.anyKey ? .null : .string(key),
      "team": .text(team),
      "user": .text(user), "tier": .text(tier), "models": models.map { .array($0.map(JSON.string)) } ?? .null,
    ]
  }
}

extension Explanation.Model {
  fileprivate var json: JSON { ["name": .string(name), "asked": .text(asked), "stream": .bool(isStream)] }
}

extension Explanation.Version {
  fileprivate var json: JSON {
    [
      "number": number.map(JSON.int) ?? .null, "arm": .string(arm), "active": active.map(JSON.int) ?? .null,
      "candidate": candidate.map(JSON.int) ?? .null, "decided_percent": .text(decided?.description),
      "weight_percent": .text(weight?.description), "salt": .text(salt), "why": .string(why),
    ]
  }
}

extension Explanation.Experiment {
  fileprivate var json: JSON { ["name": .string(name), "arm": .text(arm), "why": .string(why)] }
}

extension Explanation.Rule {
  fileprivate var json: JSON {
    ["rule": .string(label), "is": .string(standing.rawValue), "why": .string(why)]
  }
}

extension Explanation.LeftOut {
  fileprivate var json: JSON { ["deployment": .string(deployment), "why": .string(why)] }
}

extension Explanation.Steered {
  fileprivate var json: JSON {
    [
      "limit": .string(limit.name), "path": .string(limit.path), "from": .string(from), "to": .string(to),
    ]
  }
}

extension Explanation.Ensemble {
  fileprivate var json: JSON {
    [
      "name": .string(name), "kind": .string(kind.rawValue), "models": .array(models.map(JSON.string)),
      "quorum": quorum.map(JSON.int) ?? .null, "deadline_ms": .number(deadline), "judge": .text(judge),
      "not_asked": .text(obstacle),
    ]
  }
}

extension Explanation.Estimate {
  fileprivate var json: JSON {
    [
      "input_tokens": .number(demand.inputTokens), "output_tokens": .number(demand.outputTokens),
      "microdollars": isPriced ? .number(demand.microdollars) : .null,
    ]
  }
}

extension Explanation.Cache {
  fileprivate var json: JSON {
    [
      "used": .bool(isUsed), "why": .string(words), "scope": .text(scope), "hash": .text(label),
      "stored": .bool(isStored),
    ]
  }
}

extension LimitOutlook.Line {
  fileprivate var json: JSON {
    [
      "limit": .string(limit.name), "measure": .string(limit.measure.rawValue), "path": .string(limit.path),
      "asks": .number(cost), "capacity": .number(limit.capacity), "left": .number(left),
      "room": hasRoom.map(JSON.bool) ?? .null,
    ]
  }
}

extension Explanation.Stage {
  fileprivate var json: JSON {
    [
      "model": .string(model), "version": version.map(JSON.int) ?? .null, "fallback": .int(fallback),
      "allowed": .bool(isAllowed),
      "balance": .string(balance.rawValue), "affinity": .string(affinity.rawValue),
      "kept_at": .text(affinityWords), "learned": .text(learnedWords),
      "deployments": .array(deployments.map(\.json)), "candidates": .array(candidates.map(\.json)),
    ]
  }
}

extension Explanation.Deployment {
  fileprivate var json: JSON {
    [
      "name": .string(name), "provider": .string(provider), "model": .string(model), "weight": .int(weight),
      "share": .decimal(share), "limits": .array(limits.map(\.json)),
      "refused": refusal.map { .string(ExplainedLimit.spent($0)) } ?? .null,
      "retry_after_ms": .number(refusal?.wait), "discovered_by": .text(discovery),
    ]
  }
}

extension Explanation.Candidate {
  fileprivate var json: JSON {
    [
      "endpoint": .string(endpoint), "deployment": .string(deployment), "is": .string(standing.rawValue),
      "why": .string(why), "chance": .decimal(chance), "score": score.map(JSON.decimal) ?? .null,
      "weight": .int(weight), "zone": .text(zone),
      "labels": .object(labels.sorted { $0.key < $1.key }.map { ($0.key, .string($0.value)) }),
      "limits": .array(limits.map(\.json)), "state": state.map(\.json) ?? .null,
    ]
  }
}

extension Explanation.State {
  fileprivate var json: JSON {
    [
      "breaker": .string(breaker), "healthy": isHealthy.map(JSON.bool) ?? .null, "in_flight": .int(own),
      "in_flight_others": others.map(JSON.int) ?? .null,
      "first_token_ms": firstToken.map(JSON.decimal) ?? .null,
      "whole_answer_ms": whole.map(JSON.decimal) ?? .null,
      "slowness": .decimal(slowness), "share": .decimal(share),
    ]
  }
}

extension JSON {
  fileprivate static func text(_ text: String?) -> JSON { text.map(JSON.string) ?? .null }
  fileprivate static func number(_ number: Int64?) -> JSON { number.map { .int(Int($0)) } ?? .null }
}
