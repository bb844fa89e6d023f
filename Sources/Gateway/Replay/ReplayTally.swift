/// What part of the traffic came to.
package struct ReplayTally: Sendable, Equatable {
  package var requests = 0
  package var inputTokens: Int64 = 0
  package var outputTokens: Int64 = 0
  /// By the prices of the deployments.
  package var microdollars: Int64 = 0
  /// Requests at a deployment that has no price.
  package var unpriced = 0
  /// Requests whose tokens the lines don't tell: they are estimated from above.
  package var estimated = 0
  /// Requests of which is known how long they would take, and how long all of them would, in milliseconds.
  package var timed = 0
  package var milliseconds = 0.0

  /// Nil where nothing is known.
  package var meanMilliseconds: Double? { timed > 0 ? milliseconds / Double(timed) : nil }

  mutating func add(_ other: ReplayTally) {
    requests += other.requests
    inputTokens += other.inputTokens
    outputTokens += other.outputTokens
    microdollars += other.microdollars
    unpriced += other.unpriced
    estimated += other.estimated
    timed += other.timed
    milliseconds += other.milliseconds
  }
}

/// A limit that traffic would meet.
package struct ReplayedLimit: Sendable, Equatable {
  /// Where the configuration has it, and what it limits.
  package var path: String
  package var name: String
  /// Attempts or requests that it had no room for, and the requests that failed by it.
  package var hits = 0
  package var refused = 0
}

/// What the traffic comes to by one configuration.
package struct ReplayOutcome: Sendable {
  package var total = ReplayTally()
  /// By name, in the configuration's order, those without requests left out.
  package var models: [(name: String, tally: ReplayTally)] = []
  package var deployments: [(name: String, tally: ReplayTally)] = []
  /// The requests of each rule; the last are those of none, where there are rules.
  package var rules: [(name: String, requests: Int)] = []
  /// By the code of the error, the most frequent first.
  package var refused: [(code: String, requests: Int)] = []
  /// Those that were met, the one that refused most first.
  package var limits: [ReplayedLimit] = []
}

/// Where a request goes.
package struct ReplayedRoute: Hashable, Sendable, CustomStringConvertible {
  /// Nil where it is refused.
  package var model: String?
  /// The deployment, or the error's code.
  package var place: String

  package var description: String { model.map { "\($0) at \(place)" } ?? "refused (\(place))" }
}

/// Requests that another configuration sends elsewhere.
package struct ReplayedChange: Sendable {
  package var from: ReplayedRoute
  package var to: ReplayedRoute
  package var requests = 0
  /// What they cost more; less than 0: what they save.
  package var microdollars: Int64 = 0
}
