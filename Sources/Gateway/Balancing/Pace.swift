import Policy
import Synchronization

/// How soon an endpoint answers for one deployment: averages and medians that all workers of the replica add to, in milliseconds.
final class Pace: Sendable {
  /// To the first token of a stream.
  let firstToken = SharedAverage()
  let usualFirstToken = SharedMedian()
  /// To the end of an answer in one piece, which tells of its length too.
  let whole = SharedAverage()
  let usualWhole = SharedMedian()

  func add(_ sample: Double, isStream: Bool, at now: Int64) {
    (isStream ? firstToken : whole).add(sample, at: now)
    (isStream ? usualFirstToken : usualWhole).add(sample, at: now)
  }

  /// Adds an answer that would have taken longer than `bound`, where that says anything.
  func addLower(bound: Double, isStream: Bool, at now: Int64) {
    if bound > (isStream ? firstToken : whole).value(at: now) ?? 0 {
      (isStream ? firstToken : whole).add(bound, at: now)
    }
    if bound > usual(isStream: isStream, at: now) ?? .infinity {
      (isStream ? usualFirstToken : usualWhole).add(bound, at: now)
    }
  }

  /// What about half of its answers take; nil where that is not known.
  func usual(isStream: Bool, at now: Int64) -> Double? {
    (isStream ? usualFirstToken : usualWhole).value(at: now)
  }
}

/// A `PeakAverage` that many add to.
typealias SharedAverage = SharedEstimate<PeakAverage>
/// A `RunningMedian` that many add to.
typealias SharedMedian = SharedEstimate<RunningMedian>

/// An estimate in one atomic word: the value as a `Float` in the upper half, its time in the lower.
final class SharedEstimate<Estimate: TimedEstimate>: Sendable {
  /// 0: no sample yet.
  private let cell = Atomic<UInt64>(0)

  /// Takes a sample in milliseconds. `now`: monotonic milliseconds.
  func add(_ sample: Double, at now: Int64) {
    var seen = cell.load(ordering: .relaxed)
    while true {
      var estimate = Self.estimate(seen, now: now)
      estimate.add(sample, at: now)
      let (done, current) = cell.compareExchange(
        expected: seen, desired: Self.word(estimate), ordering: .relaxed)
      if done { return }
      seen = current
    }
  }

  func value(at now: Int64) -> Double? {
    Self.estimate(cell.load(ordering: .relaxed), now: now).value(at: now)
  }

  private static func estimate(_ word: UInt64, now: Int64) -> Estimate {
    guard word != 0 else { return Estimate() }
    // Below 0 where another worker has read its clock a moment later.
    let age = Int32(bitPattern: UInt32(truncatingIfNeeded: now) &- UInt32(truncatingIfNeeded: word))
    let value = Float(bitPattern: UInt32(truncatingIfNeeded: word >> 32))
    return Estimate(value: Double(value), at: now - Int64(age))
  }

  private static func word(_ estimate: Estimate) -> UInt64 {
    guard let value = estimate.value else { return 0 }
    let bits = Float(max(value, 0.001)).bitPattern
    return UInt64(bits) << 32 | UInt64(UInt32(truncatingIfNeeded: estimate.at))
  }
}
