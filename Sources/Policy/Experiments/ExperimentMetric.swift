/// What is known of each session of an experiment: one value, from what its exchanges and those who judged them said.
package enum ExperimentMetric: Hashable, Sendable {
  /// Whether an exchange of the session failed: 0 or 1.
  case error
  /// The mean over its exchanges that did not; milliseconds.
  case latency
  /// All of it together; micro-dollars.
  case cost
  /// The mean of what its answers were judged; millionths.
  case score
  /// What clients told, all of it together; thousandths. Who tells nothing has 0.
  case outcome(String)

  /// How a session's value comes from the sum of what was told, and from how often.
  package enum Kind: String, Sendable {
    case any = "a"
    case mean = "m"
    case sum = "s"
  }

  package var kind: Kind {
    switch self {
    case .error: .any
    case .latency, .score: .mean
    case .cost, .outcome: .sum
    }
  }

  /// Those that nobody has to tell, or that feedback tells.
  package static let measured: [ExperimentMetric] = [.error, .latency, .cost, .score]

  /// In the shared state, where outcomes may be called as anything else is.
  package var key: String {
    if case .outcome(let name) = self { "o:\(name)" } else { name }
  }

  /// To people and programs.
  package var name: String {
    switch self {
    case .error: "error"
    case .latency: "latency"
    case .cost: "cost"
    case .score: "score"
    case .outcome(let name): name
    }
  }

  /// As the configuration says it.
  package init(goal name: String) {
    self = Self.measured.first { $0.name == name } ?? .outcome(name)
  }

  /// What people read is so many times the value.
  package var scale: Double {
    switch self {
    case .error: 100
    case .latency, .cost: 1
    case .score: 1e-6
    case .outcome: 1e-3
    }
  }

  package var unit: String {
    switch self {
    case .error: "% of sessions"
    case .latency: "ms"
    case .cost: "microdollars"
    case .score: "of 1"
    case .outcome: "a session"
    }
  }
}

extension ExperimentMetric.Kind {
  /// No value of a session is larger: its square is exact in a double.
  package static let most: Int64 = 90_000_000

  /// A session's value of what was told `count` times, `sum` in all; nil where it was never. The script computes the same.
  package func value(count: Int64, sum: Int64) -> Int64? {
    guard count > 0 else { return nil }
    switch self {
    case .any: return sum > 0 ? 1 : 0
    case .mean: return min(Int64((Double(sum) / Double(count) + 0.5).rounded(.down)), Self.most)
    case .sum: return min(sum, Self.most)
    }
  }
}
