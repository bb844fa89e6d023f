package import Coordination
package import Policy
package import Settings
import Telemetry

/// What it will probably cost to try a version: by what its model took over the last minutes, at the prices of the configuration.
///
/// In general, copies of a share s of the requests cost `requests/day × (c_active + s · c_shadow)`, and a canary of weight w
/// `requests/day × ((1 − w) · c_active + w · c_canary)`, c being the cost of one request. Where a share j of the copies is judged, c_shadow
/// is that of a copy and j of a question. Money is in micro-dollars.
package struct RolloutEstimate: Sendable {
  package let requestsPerDay: Double
  /// Of a request, as it is now.
  package let cost: Double
  /// Of a request by the version; nil where its deployment has no price.
  package let candidateCost: Double?
  /// Of questions about a copy, in the mean.
  package let judging: Double
  private let share: Weight
  private let budget: Int?
  private let lastStep: Weight

  /// Tokens that a question has besides the conversation and both answers, and that its reply has, about.
  private static let question = (input: 250.0, output: 10.0)

  /// Nil where nothing was counted. `judge`: the price of who judges; nobody does without.
  package init?(
    _ traffic: ModelTraffic?, price: Settings.Price?, judge: Settings.Price? = nil,
    _ rollout: Settings.Rollout
  ) {
    guard let traffic, traffic.requests > 0 else { return nil }
    requestsPerDay = traffic.requestsPerDay
    let requests = Double(traffic.requests)
    cost = Double(traffic.cost) / requests
    candidateCost = price.map {
      Double($0.cost(input: traffic.inputTokens, output: traffic.outputTokens)) / requests
    }
    let part = Double(rollout.shadow.judge?.sample ?? 0) / 10_000
    let texts = (Double(traffic.inputTokens) + 2 * Double(traffic.outputTokens)) / requests
    judging =
      judge.map { price in
        let (input, output) = (texts + Self.question.input, Self.question.output)
        return part * (input * Double(price.input) + output * Double(price.output)) / 1_000_000
      } ?? 0
    (share, budget) = (rollout.rules.shadowShare, rollout.shadow.budget)
    lastStep = rollout.rules.steps.last ?? .zero
  }

  /// Of a registered version, by the configuration's prices.
  package static func make(
    _ model: String, version: Int, _ desk: RolloutDesk, _ settings: Settings
  ) async throws(RolloutDesk.Failure) -> RolloutEstimate? {
    let bundle = try await desk.bundle(model, version)
    let deployment = settings.deployments.first { $0.name == bundle.deployment }
    return RolloutEstimate(
      try await desk.traffic(of: model),
      price: deployment?.prices.inForce(at: SystemClock.wallMilliseconds()),
      judge: settings.judgePrice(of: model),
      settings.rollout)
  }

  /// Micro-dollars a day.
  package var asItIs: Double { requestsPerDay * cost }
  /// What copies and questions about them cost beside that, if no budget ends them.
  package var copies: Double? { candidateCost.map { requestsPerDay * share.fraction * ($0 + judging) } }
  /// With the last step's weight.
  package var canary: Double? {
    candidateCost.map {
      requestsPerDay * ((1 - lastStep.fraction) * cost + lastStep.fraction * $0)
    }
  }

  // MARK: For people and programs

  /// Where nothing can be said.
  package static let unknown = "estimate: unknown, nothing was counted in the last quarter of an hour"

  package var text: String {
    let requests = Int64(min(requestsPerDay.rounded(), 1e15))
    var lines = ["estimate: \(requests) requests a day, \(Self.dollars(asItIs)) a day as it is"]
    if share > .zero, let copies {
      let bound = budget.map {
        Double($0) < copies ? ", of which the budget allows \(Self.dollars(Double($0)))" : ""
      }
      let judge = judging > 0 ? ", with their judge" : ""
      lines.append("  copies of \(share) %\(judge): \(Self.dollars(copies)) a day more\(bound ?? "")")
    }
    if let canary { lines.append("  canary at \(lastStep) %: \(Self.dollars(canary)) a day in all") }
    if candidateCost == nil {
      lines.append("  the version's deployment has no price: what it costs isn't known")
    }
    return lines.joined(separator: "\n")
  }

  package var json: JSON {
    let known: [(String, Double?)] = [
      ("as_it_is", asItIs), ("copies", share > .zero ? copies : nil), ("canary", canary),
    ]
    var members: [(name: String, value: JSON)] = [("requests_a_day", .decimal(requestsPerDay))]
    for (name, amount) in known {
      members.append(("\(name)_dollars_a_day", amount.map { JSON.decimal($0 / 1_000_000) } ?? JSON.null))
    }
    return .object(members)
  }

  private static func dollars(_ microdollars: Double) -> String {
    "$\((min(microdollars, 1e18) / 10_000).rounded() / 100)"
  }
}

extension Settings {
  /// Of who judges versions of this model: of the first deployment that serves it.
  fileprivate func judgePrice(of model: String) -> Price? {
    guard let judge = rollout.shadow.judge, judge.model != model else { return nil }
    let name = models.first { $0.name == judge.model }?.deployments.first?.name
    return deployments.first { $0.name == name }?.prices.inForce(at: SystemClock.wallMilliseconds())
  }
}
