/// What a metric's name stands for: its kind, its unit and the labels that each of its series carries.
package struct MetricFamily: Sendable, Hashable {
  package enum Kind: Sendable, Hashable {
    /// Only grows (or is stored from an outside count that only grows).
    case counter
    /// Goes up and down; what the shards hold is summed.
    case gauge
    /// Ascending upper bounds in the unit that is recorded, at most ``HistogramBounds/capacity``; `+Inf` is
    /// implied.
    case histogram([Int64])
  }

  /// What is recorded, always an integer, against what is rendered.
  package enum Unit: Sendable, Hashable {
    /// Recorded as rendered: requests, tokens, bytes.
    case one
    /// Recorded in nanoseconds, rendered in seconds.
    case seconds
    /// Recorded in micro-dollars, rendered in dollars.
    case dollars
    /// Recorded in hundredths of a percent, rendered as a part of 1.
    case share

    /// Decimal places between the recorded integer and the rendered number.
    var decimals: Int {
      switch self {
      case .one: 0
      case .seconds: 9
      case .dollars: 6
      case .share: 4
      }
    }
  }

  package let name: String
  package let help: String
  package let kind: Kind
  package let unit: Unit
  package let labels: [String]
  /// Endpoints come and go, and what is said of one that has gone would be false: only what was set for this rendering is rendered.
  var isOfEndpoints: Bool { labels.contains("endpoint") }

  init(_ kind: Kind, _ name: String, _ unit: Unit = .one, labels: [String] = [], help: String) {
    self.name = name
    self.help = help
    self.kind = kind
    self.unit = unit
    self.labels = labels
  }
}

/// One counter or gauge with its label values: where its number stands in every shard.
package struct SeriesID: Sendable, Hashable {
  let cell: Int
}

/// One histogram with its label values: where its buckets stand in every shard.
///
/// Cells from `cell` on: one count per bound, not cumulative, then `+Inf`, then the sum.
package struct HistogramID: Sendable, Hashable {
  let cell: Int
  /// Which bounds of the registry apply.
  let bounds: Int
  /// How many bounds are real; the bucket `+Inf` stands after them.
  let count: Int
}

/// A histogram's bounds in a fixed place, padded, so that the search has no branch.
struct HistogramBounds: Sendable {
  static let capacity = 16

  private var bounds: InlineArray<16, Int64>

  /// Traps when the bounds are too many or not ascending: they are written in the catalogue, not configured.
  init(_ ascending: [Int64]) {
    precondition(ascending.count <= Self.capacity, "too many bounds")
    precondition(zip(ascending, ascending.dropFirst()).allSatisfy(<), "bounds must ascend")
    bounds = InlineArray(repeating: .max)
    for (index, bound) in ascending.enumerated() { bounds[index] = bound }
  }

  /// The bucket of a value: how many bounds are below it. A binary search without branches.
  @inline(__always)
  func bucket(of value: Int64) -> Int {
    var below = bounds[7] < value ? 8 : 0
    below &+= bounds[below &+ 3] < value ? 4 : 0
    below &+= bounds[below &+ 1] < value ? 2 : 0
    below &+= bounds[below] < value ? 1 : 0
    return below == 15 && bounds[15] < value ? 16 : below
  }
}
