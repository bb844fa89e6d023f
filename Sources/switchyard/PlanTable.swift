import Gateway
import Settings

/// What a plan comes to, as it is printed.
struct PlanTable {
  let plan: PairPlan
  let small: String
  let large: String

  private var rows: [PairPlan.Row] { (0...10).map { plan.row(Double($0) / 10) } }

  var text: String {
    let titles = ["hard", "\(small) only", "\(large) only", "routed", "small first"]
    let cells = rows.map { row -> [String] in
      ["\(Int((row.share * 100).rounded())) %"]
        + [row.small, row.large, row.routed, row.escalated].map {
          FigureTable.dollars(Int64(FigureTable.whole($0)))
        }
    }
    var lines = ["Dollars an hour, at \(plan.rate) requests a second"] + FigureTable.lines([titles] + cells)
    lines.append(
      "Routed costs less than \(large) only \(Self.words(plan.range(where: \.routed, isBelow: \.large)))")
    lines.append(
      "Small first costs less than \(large) only \(Self.words(plan.range(where: \.escalated, isBelow: \.large)))"
    )
    if plan.wrong > 0 {
      lines.append(
        "Routed costs less than \(small) only \(Self.words(plan.range(where: \.routed, isBelow: \.small)))")
    }
    return lines.joined(separator: "\n")
  }

  private static func words(_ range: ClosedRange<Double>?) -> String {
    guard let range else { return "at no share of hard requests." }
    let (low, high) = (percent(range.lowerBound), percent(range.upperBound))
    switch (range.lowerBound > 0, range.upperBound < 1) {
    case (false, false): return "at any share of hard requests."
    case (false, true): return "while less than \(high) are hard."
    case (true, _): return "once more than \(low) are hard."
    }
  }

  private static func percent(_ share: Double) -> String { "\((share * 1_000).rounded() / 10) %" }

  var json: JSON {
    let rows = rows.map { row -> JSON in
      [
        "hard": .decimal(row.share), "small_only": .int(FigureTable.whole(row.small)),
        "large_only": .int(FigureTable.whole(row.large)), "routed": .int(FigureTable.whole(row.routed)),
        "small_first": .int(FigureTable.whole(row.escalated)),
      ]
    }
    return [
      "small": .string(small), "large": .string(large), "rate": .decimal(plan.rate),
      "microdollars_an_hour": .array(rows),
      "routed_below_large": Self.json(plan.range(where: \.routed, isBelow: \.large)),
      "small_first_below_large": Self.json(plan.range(where: \.escalated, isBelow: \.large)),
      "routed_below_small": Self.json(plan.range(where: \.routed, isBelow: \.small)),
    ]
  }

  private static func json(_ range: ClosedRange<Double>?) -> JSON {
    range.map { JSON.array([.decimal($0.lowerBound), .decimal($0.upperBound)]) } ?? .null
  }
}
