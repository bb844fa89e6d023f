import Coordination
import Policy
import Settings

/// For people: what becomes of the request, then each model with its candidates.
extension Explanation {
  package var text: String {
    var lines = TextTable.lined(rows)
    for stage in stages { lines += [""] + paragraph(of: stage) }
    return lines.joined(separator: "\n")
  }

  private var rows: [[String]] {
    var rows = [["answer", verdictWords], ["request", "POST \(path) as \(askerWords)"]]
    if let model {
      let asked = model.asked.map { $0 == model.name ? "" : ", asked for as \($0)" } ?? ", the default model"
      rows.append(["model", model.name + asked + (model.isStream ? ", a stream" : "")])
    }
    rows += ruleRows
    if let steered { rows.append(["steered", steered.words]) }
    if let ensemble { rows.append(["ensemble", ensemble.words]) }
    if let version { rows.append(["version", version.words]) }
    if let experiment {
      rows.append(["experiment", "\(experiment.name)=\(experiment.arm ?? "?"): \(experiment.why)"])
    }
    if let estimate {
      let cost = estimate.isPriced ? ", about \(ExplainedNumbers.dollars(estimate.demand.microdollars))" : ""
      rows.append([
        "estimate", "\(estimate.demand.inputTokens) tokens in, \(estimate.demand.outputTokens) out\(cost)",
      ])
    }
    if let cache {
      let whose = cache.scope.map { "; shared by \($0)" } ?? ""
      rows.append(["cache", cache.isUsed ? cache.words + whose : "not used: \(cache.words)"])
    }
    if let data { rows.append(["data", data.words]) }
    rows += Self.rows(of: limits, as: "limits", isLive: seen != nil)
    if !limits.isEmpty, let words = basisWords { rows.append(["", words]) }
    rows.append(["state", seenWords])
    return rows + notes.map { ["note", $0] }
  }

  /// Each rule up to the one that matches.
  private var ruleRows: [[String]] {
    var rows: [[String]] = []
    if !facts.isEmpty {
      rows.append(["facts", facts.map { "\($0.name)=\($0.value)" }.joined(separator: ", ")])
    }
    let told = Array(rules.prefix { $0.standing == .no }) + rules.filter { $0.standing == .matches }
    rows += told.map { ["rule \($0.label)", "\($0.standing.rawValue): \($0.why)"] }
    if rules.count > told.count { rows.append(["", "\(rules.count - told.count) more rules come later"]) }
    return rows + leftOut.map { ["left out", "deployment \($0.deployment): \($0.why)"] }
  }

  private var verdictWords: String {
    switch verdict {
    case .sent(let endpoint, let deployment, let model, let chance):
      let often = chance > 0.999 ? "" : ", in \(ExplainedNumbers.percent(chance)) of cases"
      return "sent to \(endpoint)\(often) (deployment \(deployment), model \(model))"
    case .cached: return "from the cache"
    case .refused(let error):
      let wait = error.retryAfterMilliseconds.map { "; Retry-After in \(LimitHeaders.duration($0))" } ?? ""
      return "refused: \(error.status) \(error.code)\(wait): \(error.message)"
    case .waits(let why): return "waits: \(why)"
    case .unknown(let reason): return "not known: \(reason)"
    }
  }

  private var askerWords: String {
    let more = [
      asker.team.map { "team \($0)" }, asker.user.map { "user \($0)" }, asker.tier.map { "tier \($0)" },
    ]
    .compactMap { $0 }
    let key = asker.key == Authenticator.anyKey ? "any key" : "key \(asker.key)"
    return "\(key) of tenant \(asker.tenant)" + (more.isEmpty ? "" : " (\(more.joined(separator: ", ")))")
  }

  private var basisWords: String? {
    switch limitBasis {
    case .shared: nil
    case .unknown where seen == nil: nil
    case .unknown: "not known: the shared state did not answer"
    case .local: "decided by this replica's share, as the shared state is away"
    case .leased: "the worker has charged them ahead: no call is needed"
    case .memo: "refused a moment ago, which holds for a quarter of a second"
    }
  }

  private var seenWords: String {
    guard let seen else {
      return
        "not known offline: breakers, requests in flight, what limits have left. Shares are those of an idle pool."
    }
    var words = "as one of the replica's \(seen.workers) workers sees it"
    if seen.phase != "ready" { words += "; the replica is \(seen.phase)" }
    if seen.isAlone { return words + "; no other replicas" }
    let age = seen.age.map { "\($0) ms old" }
    switch seen.sight {
    case .fresh: words += "; the others' loads are " + (age ?? "its own: there are none")
    case .old: words += "; the others' loads are old (\(age ?? "too many replicas to read all"))"
    case .none: words += "; nothing is known of the others' loads"
    }
    return words
  }

  // MARK: Models

  private func paragraph(of stage: Stage) -> [String] {
    let rank = stage.fallback == 0 ? "" : " (fallback \(stage.fallback))"
    let version = stage.version.map { "@\($0)" } ?? ""
    var head = "\(stage.model)\(version)\(rank): \(stage.balance.words)"
    if stage.affinity != .none {
      head += "; affinity by \(stage.affinity.rawValue): \(stage.affinityWords ?? "")"
    }
    if let words = stage.learnedWords { head += "; \(words)" }
    if !stage.isAllowed { head += "; the key does not allow it" }
    var lines = [head]
    lines += TextTable.lined(stage.deployments.flatMap { rows(of: $0) }).map { "  " + $0 }
    guard !stage.candidates.isEmpty else { return lines + ["  no endpoint is known"] }
    return lines + TextTable.lined([headings] + stage.candidates.map(row)).map { "  " + $0 }
  }

  private func rows(of deployment: Deployment) -> [[String]] {
    var words =
      "\(ExplainedNumbers.percent(deployment.share)) of the model's traffic (weight \(deployment.weight)), "
      + "\(deployment.provider)'s \(deployment.model)"
    if let name = deployment.discovery { words += "; endpoints by name \(name)" }
    if let refusal = deployment.refusal { words += "; \(ExplainedLimit.spent(refusal))" }
    return [["deployment \(deployment.name)", words]]
      + Self.rows(of: deployment.limits, as: "", isLive: seen != nil)
  }

  private var headings: [String] {
    let live = seen == nil ? [] : ["in flight", "first token", "slowness"]
    let end = seen == nil ? ["chosen", "why"] : ["score", "chosen", "why", "breaker"]
    return ["", "endpoint", "deployment", "weight"] + live + end
  }

  private func row(_ candidate: Candidate) -> [String] {
    let place =
      ([candidate.zone.map { "zone \($0)" }]
      + candidate.labels.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" })
      .compactMap { $0 }
    var row = [
      candidate.standing.rawValue,
      candidate.endpoint + (place.isEmpty ? "" : " [\(place.joined(separator: " "))]"),
      candidate.deployment, "\(candidate.weight)",
    ]
    if let state = candidate.state {
      row.append("\(state.own) + \(state.others.map(String.init) ?? "?")")
      row.append(state.firstToken.map { "\(Int($0.rounded())) ms" } ?? "-")
      row.append("×\(ExplainedNumbers.short(state.slowness))")
      row.append(candidate.score.map(ExplainedNumbers.short) ?? "-")
    }
    row += [ExplainedNumbers.percent(candidate.chance), candidate.why]
    if let state = candidate.state {
      row.append(
        state.breaker + (state.isHealthy.map { $0 ? ", healthy" : ", fails its health checks" } ?? ""))
    }
    return row
  }

  private static func rows(of lines: [LimitOutlook.Line], as title: String, isLive: Bool) -> [[String]] {
    lines.enumerated().map { index, line in
      let capacity = ExplainedLimit.amount(line.limit.capacity, line.limit)
      let left = line.left.map { ExplainedLimit.amount($0, line.limit) }
      let standing =
        left.map { "\($0) of \(capacity) left" }
        ?? (isLive ? "of \(capacity), not known what is left" : "of \(capacity)")
      let full = line.hasRoom == false ? "; NO ROOM" : ""
      return [
        index == 0 ? title : "",
        "\(line.limit.name): asks for \(ExplainedLimit.amount(line.cost, line.limit)), \(standing)\(full)",
      ]
    }
  }
}

extension Explanation.Steered {
  fileprivate var words: String {
    let course = from == to ? "the cheapest of \(to)'s deployments go first" : "to \(to), from \(from)"
    return "\(course), as \(limit.steer ?? 0) % or more of \(limit.name) is taken (\(limit.path))"
  }
}

extension Settings.Model.Balance {
  /// What decides.
  var words: String {
    switch self {
    case .leastConnections: "least_connections, the fewest requests in flight for its weight"
    case .roundRobin: "round_robin, each in turn"
    case .random: "random, any, all alike"
    case .weighted: "weighted, any, by weight"
    case .latency: "latency, the lowest product of latency and requests in flight for its weight"
    case .cost: "cost, the cheapest for the tokens, then the fewest requests in flight for its weight"
    case .resource: "resource, the fewest requests in flight for its weight and the room it says it has"
    case .learned: "learned, the deployment whose answers to such requests are worth most"
    }
  }
}

/// Columns beside each other.
enum TextTable {
  static func lined(_ rows: [[String]]) -> [String] {
    var widths: [Int] = []
    for row in rows {
      for (column, cell) in row.enumerated() {
        if column == widths.count { widths.append(0) }
        if column + 1 < row.count { widths[column] = max(widths[column], cell.count) }
      }
    }
    return rows.map { row in
      let cells = row.enumerated().map { column, cell in
        column + 1 < row.count ? cell + String(repeating: " ", count: widths[column] - cell.count) : cell
      }
      return cells.joined(separator: "  ")
    }
  }
}
