import Policy
import Synchronization

/// How soon an endpoint answers for one deployment: peak averages that all workers of the replica add to.
final class Pace: Sendable {
  /// Milliseconds to the first token of a stream.
  let firstToken = SharedAverage()
  /// Milliseconds to the end of an answer in one piece, which tells of its length too.
  let whole = SharedAverage()
}

/// A `PeakAverage` in one atomic word: the value as a `Float` in the upper half, its time in the lower.
final class SharedAverage: Sendable {
  /// 0: no sample yet.
  private let cell = Atomic<UInt64>(0)

  /// Takes a sample in milliseconds. `now`: monotonic milliseconds.
  func add(_ sample: Double, at now: Int64) {
    var seen = cell.load(ordering: .relaxed)
    while true {
      var average = Self.average(seen, now: now)
      average.add(sample, at: now)
      let (done, current) = cell.compareExchange(
        expected: seen, desired: Self.word(average), ordering: .relaxed)
      if done { return }
      seen = current
    }
  }

  func value(at now: Int64) -> Double? {
    Self.average(cell.load(ordering: .relaxed), now: now).value(at: now)
  }

  private static func average(_ word: UInt64, now: Int64) -> PeakAverage {
    guard word != 0 else { return PeakAverage() }
    // Below 0 where another worker has read its clock a moment later.
    let age = Int32(bitPattern: UInt32(truncatingIfNeeded: now) &- UInt32(truncatingIfNeeded: word))
    let value = Float(bitPattern: UInt32(truncatingIfNeeded: word >> 32))
    return PeakAverage(value: Double(value), at: now - Int64(age))
  }

  private static func word(_ average: PeakAverage) -> UInt64 {
    guard let value = average.value else { return 0 }
    let bits = Float(max(value, 0.001)).bitPattern
    return UInt64(bits) << 32 | UInt64(UInt32(truncatingIfNeeded: average.at))
  }
}
