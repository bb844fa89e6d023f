package import Coordination
package import Policy

/// Versions and rollouts as people are shown them.
extension RolloutText {
  /// What stands where nothing is being tried: whoever follows a rollout ends there.
  package static let idle = "no version is being tried"

  package static func text(_ report: RolloutReport, _ rules: RolloutRules) -> String {
    let models = report.models.map { text($0, rules, now: report.cluster.now) }
    return (models + [text(report.cluster)]).joined(separator: "\n")
  }

  private static func text(_ cluster: ClusterOverview) -> String {
    var lines: [String] = []
    if let leader = cluster.leader {
      lines.append("leader: \(leader.id) in epoch \(leader.epoch)")
    } else {
      lines.append("leader: nobody; what is exposed falls back to the baseline within 30 s")
    }
    let position = "\(cluster.position.epoch).\(cluster.position.version)"
    if cluster.position == .none {
      lines.append("configuration: none yet")
    } else {
      let applied = "applied by \(cluster.applied) of \(cluster.live.count) replicas"
      lines.append("configuration: \(position) by \(cluster.by), \(applied)")
    }
    if !cluster.isWhole { lines.append("configuration: SOMEBODY HAS CHANGED IT BY HAND") }
    for (replica, ack) in cluster.live.sorted(by: { $0.key < $1.key }) where ack.position < cluster.position {
      lines.append("  \(replica) still has \(ack.position.epoch).\(ack.position.version)")
    }
    return lines.joined(separator: "\n")
  }

  private static func text(_ overview: RolloutOverview, _ rules: RolloutRules, now: Int64) -> String {
    let name = overview.model.name
    guard let state = overview.state else { return "\(name): another release wrote its state" }
    var lines = ["\(name): \(serving(overview, state)), revision \(state.revision)"]
    if let candidate = state.candidate {
      lines += text(candidate, state, overview, rules, now: now)
    } else {
      lines.append("  \(idle)")
    }
    for version in overview.versions where version.isOfNote {
      let veto = version.isVetoed ? ", VETOED" : ""
      lines.append("  version \(version.number): \(version.stage.rawValue)\(veto)\(sunset(version.sunset))")
      if let report = version.evaluation { lines.append("    evaluation \(words(report))") }
    }
    return lines.joined(separator: "\n")
  }

  private static func sunset(_ instant: Int64?) -> String {
    instant.map { ", until \(KeyInstant(milliseconds: $0))" } ?? ""
  }

  private static func serving(_ overview: RolloutOverview, _ state: RolloutState) -> String {
    guard let active = state.active else { return "its own deployments serve" }
    return "version \(active) serves\(words(overview[active]?.bundle))"
  }

  /// ` (gpt-4o-mini, prompt 3f2a91c0)`
  private static func words(_ bundle: Bundle?) -> String {
    guard let bundle else { return "" }
    let prompt = bundle.prompt.map { ", prompt \($0.sha256.text.prefix(8))" } ?? ""
    return " (\(bundle.deployment)\(prompt))"
  }

  private static func text(
    _ candidate: RolloutState.Candidate, _ state: RolloutState, _ overview: RolloutOverview,
    _ rules: RolloutRules, now: Int64
  ) -> [String] {
    let against = state.active.map { "version \($0)" } ?? "the model's own deployments"
    let hold = candidate.hold.map { ", HELD: \($0.rawValue)" } ?? ""
    let isShadow = candidate.phase == .shadow
    let share = isShadow ? ", copies of \(candidate.weight) %" : " at \(candidate.weight) %"
    let head =
      "  version \(candidate.version): \(candidate.phase.rawValue)\(share), against \(against)\(hold)"
      + words(overview[candidate.version]?.bundle)
    let judged = overview.judged(rules, now: now)
    var lines = [head]
    if isShadow {
      lines.append(
        "  \(padded("copies", 8))\(bar(candidate, judged?.judge, now: now))\(cost(overview.spent))")
    }
    if let report = overview[candidate.version]?.evaluation { lines.append("  evaluation \(words(report))") }
    for (step, weight) in rules.steps.enumerated() {
      let progress = bar(step, candidate, judged?.judge, now: now)
      lines.append("  \(padded("\(weight) %", 8))\(progress)")
    }
    guard let (judge, verdict) = judged else { return lines }
    lines.append("  \(padded("verdict", 8))\(verdict.word)\(wanted(verdict.needs))")
    for evidence in judge.evidence(verdict.needs) {
      let harm = Int((max(0, min(1, evidence.harm)) * 100).rounded())
      let standing = evidence.isNeeded ? "not yet shown to be as good" : "fine so far"
      lines.append("  \(padded(evidence.metric.rawValue, 8))harm \(harm) % of a rollback, \(standing)")
    }
    return lines
  }

  private static func cost(_ microdollars: Int64?) -> String {
    microdollars.map { ", $\(Double($0) / 1_000_000) today" } ?? ""
  }

  private static func wanted(_ needs: [StageNeed]) -> String {
    needs.isEmpty ? "" : ", waits for \(needs.map(\.word).joined(separator: ", "))"
  }

  // MARK: Bars

  private static let width = 20

  /// How far a step is: by the requests and the time that it takes at least, whichever is behind.
  private static func bar(
    _ step: Int, _ candidate: RolloutState.Candidate, _ judge: StageJudge?, now: Int64
  ) -> String {
    if step < candidate.step { return "[\(String(repeating: "#", count: width))] passed" }
    guard step == candidate.step, candidate.phase == .canary else {
      return "[\(String(repeating: ".", count: width))]"
    }
    return bar(candidate, judge, now: now)
  }

  /// Of where the candidate stands now.
  private static func bar(_ candidate: RolloutState.Candidate, _ judge: StageJudge?, now: Int64) -> String {
    guard candidate.thresholds != nil, let judge else {
      return "[\(String(repeating: ".", count: width))] the baseline is measured"
    }
    let elapsed = Duration.milliseconds(max(0, now - candidate.since))
    let rule = judge.rule
    let requests = Double(judge.requests) / Double(max(1, rule.leastRequests))
    let time = rule.leastTime > .zero ? elapsed / rule.leastTime : 1
    let full = Int(max(0, min(1, requests, time)) * Double(width))
    let signs = String(repeating: "#", count: full) + String(repeating: ".", count: width - full)
    let times = "\(span(elapsed)) of \(span(rule.leastTime))"
    let what = candidate.phase == .shadow ? "pairs" : "requests"
    return "[\(signs)] \(judge.requests) of \(rule.leastRequests) \(what), \(times)"
  }

  /// `1h05m`, `2m10s`, `7s`
  static func span(_ time: Duration) -> String {
    let seconds = time.components.seconds
    let two = { (number: Int64) in number < 10 ? "0\(number)" : "\(number)" }
    if seconds >= 3_600 { return "\(seconds / 3_600)h\(two(seconds / 60 % 60))m" }
    return seconds >= 60 ? "\(seconds / 60)m\(two(seconds % 60))s" : "\(seconds)s"
  }

  private static func padded(_ text: String, _ width: Int) -> String {
    text + String(repeating: " ", count: max(1, width - text.count))
  }

  // MARK: Lists

  /// A line of the audit.
  package static func line(_ entry: ControlAudit.Entry) -> String {
    let (what, version) = (entry["what"] ?? "?", entry["version"] ?? "?")
    let way = entry["from"].map { ", \($0) → \(entry["to"] ?? "?")" } ?? ""
    let why = entry["why"].map { $0.isEmpty ? "" : ": \($0)" } ?? ""
    let at = KeyInstant(milliseconds: instant(entry))
    return "\(at)  \(what) \(entry["model"] ?? "?") version \(version)\(way) by \(entry["by"] ?? "?")\(why)"
  }

  /// A line for each version of a model.
  package static func lines(_ overview: RolloutOverview) -> [String] {
    overview.versions.map { version in
      let veto = version.isVetoed ? "  VETOED" : ""
      let bundle = version.bundle.map { words($0) } ?? " (not registered, or not to be read)"
      return "\(overview.model.name)  \(version.number)  \(version.stage.rawValue)\(bundle)\(veto)"
    }
  }
}

extension RolloutOverview.Version {
  /// Neither what serves nor what is tried, and not what is over.
  fileprivate var isOfNote: Bool { stage == .staging || stage == .deprecated || isVetoed }
}
