import Gateway
import Settings

/// What a replay came to, as it is printed.
struct ReplayTable {
  let report: ReplayReport
  let config: String
  /// The configuration that was compared with.
  let against: String?

  /// Changes that are listed for people.
  private static let listed = 20

  // MARK: For people

  var text: String {
    var parts = [head, tallies("model", report.outcome.models)]
    parts.append(tallies("deployment", report.outcome.deployments))
    parts.append(counts("rule", report.outcome.rules))
    parts.append(counts("refused", report.outcome.refused.map { (name: $0.code, requests: $0.requests) }))
    parts.append(limits)
    parts.append(difference)
    return parts.filter { !$0.isEmpty }.map { $0.joined(separator: "\n") }.joined(separator: "\n\n")
  }

  private var head: [String] {
    let (summary, total) = (report.summary, report.outcome.total)
    let served = FigureTable.number(total.requests)
    var lines = [
      "\(config): \(FigureTable.dollars(total.microdollars)) for \(served) of \(FigureTable.number(summary.requests)) requests"
    ]
    if total.estimated > 0 {
      lines.append(
        "The tokens of \(FigureTable.number(total.estimated)) are estimated, from above, as limits do it.")
    }
    if total.unpriced > 0 {
      lines.append(
        "\(FigureTable.number(total.unpriced)) go to deployments without a price, and count as free.")
    }
    if summary.undated > 0 {
      lines.append("\(FigureTable.number(summary.undated)) lines have no time: no limit was asked for them.")
    }
    if summary.late > 0 {
      lines.append(
        "\(FigureTable.number(summary.late)) lines are earlier than one before them: limits took them for as late."
      )
    }
    return lines
  }

  private func tallies(_ title: String, _ rows: [(name: String, tally: ReplayTally)]) -> [String] {
    guard !rows.isEmpty else { return [] }
    let isTimed = report.outcome.total.timed > 0
    let titles = [title, "requests", "input tokens", "output tokens", "cost"] + (isTimed ? ["mean ms"] : [])
    return FigureTable.lines([titles] + rows.map { Self.row($0.name, $0.tally, isTimed: isTimed) })
  }

  private static func row(_ name: String, _ tally: ReplayTally, isTimed: Bool) -> [String] {
    let row = [
      name, FigureTable.number(tally.requests), FigureTable.number(tally.inputTokens),
      FigureTable.number(tally.outputTokens), FigureTable.dollars(tally.microdollars),
    ]
    guard isTimed else { return row }
    return row + [tally.meanMilliseconds.map { FigureTable.number(FigureTable.whole($0)) } ?? "-"]
  }

  private func counts(_ title: String, _ rows: [(name: String, requests: Int)]) -> [String] {
    guard !rows.isEmpty else { return [] }
    let cells = rows.map { [$0.name, FigureTable.number($0.requests)] }
    return FigureTable.lines([[title, "requests"]] + cells)
  }

  private var limits: [String] {
    guard !report.outcome.limits.isEmpty else { return [] }
    return FigureTable.lines(
      [["limit", "met", "requests refused"]]
        + report.outcome.limits.map {
          ["\($0.name) (\($0.path))", FigureTable.number($0.hits), FigureTable.number($0.refused)]
        })
  }

  private var difference: [String] {
    guard let against, let other = report.against else { return [] }
    let (new, old) = (report.outcome.total, other.total)
    var lines = [
      "Against \(against): \(FigureTable.dollars(old.microdollars)) for \(FigureTable.number(old.requests)),"
        + " so \(FigureTable.dollars(new.microdollars - old.microdollars, signed: true))\(share(new, old))"
    ]
    if let mean = new.meanMilliseconds, let former = other.total.meanMilliseconds {
      lines.append(
        "Mean of what is known of latency: \(FigureTable.whole(former)) ms before, \(FigureTable.whole(mean)) ms now"
      )
    }
    guard !report.changes.isEmpty else { return lines + ["No request goes elsewhere."] }
    let changed = report.changes.reduce(0) { $0 + $1.requests }
    lines.append("\(FigureTable.number(changed)) requests go elsewhere:")
    lines += FigureTable.lines(
      report.changes.prefix(Self.listed).map {
        [
          "  \($0.from) -> \($0.to)", FigureTable.number($0.requests),
          FigureTable.dollars($0.microdollars, signed: true),
        ]
      })
    let more = report.changes.count - Self.listed
    return more > 0 ? lines + ["  and \(more) more: --json lists them"] : lines
  }

  private func share(_ new: ReplayTally, _ old: ReplayTally) -> String {
    guard old.microdollars > 0 else { return "" }
    let percent = Double(new.microdollars - old.microdollars) / Double(old.microdollars) * 100
    return " (\(percent < 0 ? "" : "+")\((percent * 10).rounded() / 10) %)"
  }

  // MARK: For programs

  var json: JSON {
    let summary = report.summary
    let whole: JSON = [
      "config": .string(config), "lines": .int(summary.lines), "requests": .int(summary.requests),
      "bad_lines": .int(summary.faults),
      "first_bad_lines": .array(
        summary.firstFaults.map { ["line": .int($0.line), "message": .string($0.message)] }),
      "undated": .int(summary.undated), "out_of_order": .int(summary.late),
    ]
    let outcome = whole.adding([("outcome", Self.json(report.outcome))])
    guard let against, let other = report.against else { return outcome }
    let changes = report.changes.map { change -> JSON in
      [
        "from": Self.json(change.from), "to": Self.json(change.to), "requests": .int(change.requests),
        "microdollars": .int(Int(change.microdollars)),
      ]
    }
    return outcome.adding([
      ("against", ["config": .string(against), "outcome": Self.json(other)]), ("changes", .array(changes)),
    ])
  }

  private static func json(_ outcome: ReplayOutcome) -> JSON {
    [
      "total": json(outcome.total),
      "models": .object(outcome.models.map { (name: $0.name, value: json($0.tally)) }),
      "deployments": .object(outcome.deployments.map { (name: $0.name, value: json($0.tally)) }),
      "rules": .array(outcome.rules.map { ["rule": .string($0.name), "requests": .int($0.requests)] }),
      "refused": .object(outcome.refused.map { (name: $0.code, value: .int($0.requests)) }),
      "limits": .array(
        outcome.limits.map {
          [
            "path": .string($0.path), "name": .string($0.name), "met": .int($0.hits),
            "refused": .int($0.refused),
          ]
        }),
    ]
  }

  private static func json(_ tally: ReplayTally) -> JSON {
    [
      "requests": .int(tally.requests), "input_tokens": .int(Int(tally.inputTokens)),
      "output_tokens": .int(Int(tally.outputTokens)), "microdollars": .int(Int(tally.microdollars)),
      "unpriced": .int(tally.unpriced), "estimated": .int(tally.estimated),
      "mean_ms": tally.meanMilliseconds.map { JSON.decimal($0) } ?? .null,
    ]
  }

  private static func json(_ route: ReplayedRoute) -> JSON {
    guard let model = route.model else { return ["refused": .string(route.place)] }
    return ["model": .string(model), "deployment": .string(route.place)]
  }
}
