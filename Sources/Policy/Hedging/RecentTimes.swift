/// A quantile of the last several hundred times, such as the p95 of the time to the first byte.
///
/// Times are counted in buckets, sixteen for each doubling: the quantile is at most a sixteenth too long. There are two counts, of
/// `batch` samples each: the one that is being filled, and the one before it.
package struct RecentTimes: Sendable {
  /// Samples without which nothing is known.
  package static let least = 50
  private static let batch = 500
  /// Samples after which the quantile is looked up anew.
  private static let turn = 8
  private static let bits = 4

  /// Nanoseconds; nil while there are too few samples.
  package private(set) var estimate: Int64?
  /// In thousandths of a percent.
  private let quantile: Int
  private var counts: [UInt16]
  private var former: [UInt16]
  /// Of `counts`, and of both.
  private var count = 0
  private var total = 0
  private var untilLook = least

  package init(quantile: Int) {
    self.quantile = quantile
    counts = Array(repeating: 0, count: Self.bucket(of: .max) + 1)
    former = counts
  }

  /// Takes a time in nanoseconds; true where that changed the estimate.
  package mutating func add(_ time: Int64) -> Bool {
    if count == Self.batch { turnOver() }
    counts[Self.bucket(of: time)] += 1
    count += 1
    total += 1
    untilLook -= 1
    guard untilLook <= 0 else { return false }
    untilLook = Self.turn
    estimate = look()
    return true
  }

  private mutating func turnOver() {
    swap(&counts, &former)
    for index in counts.indices { counts[index] = 0 }
    (count, total) = (0, count)
  }

  private func look() -> Int64? {
    // Of a hundred, the p95 is the 95th from below.
    let rank = (total * quantile + 99_999) / 100_000
    var seen = 0
    for bucket in counts.indices {
      seen += Int(counts[bucket] + former[bucket])
      if seen >= rank { return Self.end(of: bucket) }
    }
    return nil
  }

  /// By microseconds: each of the first sixteen has a bucket, then each doubling has sixteen. Longer than an hour counts as an hour.
  private static func bucket(of time: Int64) -> Int {
    let time = UInt64(min(max(time / 1_000, 0), 3_600_000_000))
    let exponent = max(0, 63 - time.leadingZeroBitCount - bits)
    return exponent << bits + Int(time >> UInt64(exponent))
  }

  /// Nanoseconds below which all of a bucket's times are.
  private static func end(of bucket: Int) -> Int64 {
    let exponent = max(0, bucket >> bits - 1)
    return Int64(bucket - exponent << bits + 1) << Int64(exponent) * 1_000
  }
}
