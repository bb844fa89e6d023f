/// The calls of the last seconds, in ten buckets, and whose reports are in it.
package struct BreakerWindow: Equatable, Sendable {
  package struct Report: Equatable, Sendable {
    package var sequence: Int64
    package var at: Int64
  }

  /// By their first millisecond.
  package private(set) var buckets: [Int64: BreakerCounts] = [:]
  /// The last one of each reporter: the same again is not counted.
  package private(set) var reports: [String: Report] = [:]

  package static let bucketCount: Int64 = 10

  package init() {}

  package var isEmpty: Bool { buckets.isEmpty && reports.isEmpty }

  /// Milliseconds of a bucket.
  static func width(_ settings: BreakerSettings) -> Int64 {
    (settings.window + bucketCount - 1) / bucketCount
  }

  /// Milliseconds that a window is kept.
  static func lifetime(_ settings: BreakerSettings) -> Int64 {
    bucketCount * width(settings) + BreakerState.tolerance
  }

  package func isRepeated(_ sequence: Int64, of reporter: String) -> Bool {
    reports[reporter].map { $0.sequence >= sequence } ?? false
  }

  /// Counts a report, forgets what is too old or of a clock that has gone back, and returns the sum.
  package mutating func add(
    _ counts: BreakerCounts, _ sequence: Int64, of reporter: String, _ settings: BreakerSettings, now: Int64
  ) -> BreakerCounts {
    let width = Self.width(settings)
    let current = now - now % width
    let (first, last) = (current - (Self.bucketCount - 1) * width, now + BreakerState.tolerance)
    buckets = buckets.filter { first...last ~= $0.key }
    reports = reports.filter { first...last ~= $0.value.at }
    buckets[current, default: BreakerCounts()] += counts
    reports[reporter] = Report(sequence: sequence, at: now)
    return buckets.values.reduce(into: BreakerCounts()) { $0 += $1 }
  }

  /// What counts now.
  package func sum(_ settings: BreakerSettings, now: Int64) -> BreakerCounts {
    let width = Self.width(settings)
    let first = now - now % width - (Self.bucketCount - 1) * width
    return buckets.reduce(into: BreakerCounts()) { sum, bucket in
      if first...now + BreakerState.tolerance ~= bucket.key { sum += bucket.value }
    }
  }

  /// The buckets of a hash as the scripts write it; what is none is left out.
  package init(fields: [String: String]) {
    for (name, text) in fields {
      if let at = Int64(name), let counts = BreakerCounts(text) { buckets[at] = counts }
    }
  }
}
