/// What is known of a time from samples that come one by one, in a value and the time of its last sample.
package protocol TimedEstimate: Sendable {
  init()
  /// One that was `value` at `at`.
  init(value: Double, at: Int64)
  /// Milliseconds; nil before the first sample.
  var value: Double? { get }
  /// When its last sample was taken, in milliseconds.
  var at: Int64 { get }
  /// Takes a sample in milliseconds, measured at `now`.
  mutating func add(_ sample: Double, at now: Int64)
  /// What it is worth at `now`.
  func value(at now: Int64) -> Double?
}

/// About the median of the last few times: each sample moves it by a fifth towards itself, however far that is, so that it rests where
/// half of them are above (the "fast algorithm for median estimation" of Feldman and Shavitt, by factors instead of steps).
///
/// It begins low and climbs, so that a few slow answers prove nothing: 1 s takes 18 samples.
package struct RunningMedian: TimedEstimate, Equatable {
  package private(set) var value: Double?
  package private(set) var at: Int64 = 0
  private static let step = 1.2
  /// Milliseconds at which it begins.
  private static let start = 40.0
  /// Milliseconds after which it knows nothing any more, unless there was another sample.
  private static let lifetime: Int64 = 30_000

  package init() {}

  package init(value: Double, at: Int64) { (self.value, self.at) = (value, at) }

  package mutating func add(_ sample: Double, at now: Int64) {
    guard sample.isFinite, sample >= 0 else { return }
    let former = max(1, value(at: now) ?? Self.start)
    value = sample > former ? min(sample, former * Self.step) : max(sample, former / Self.step)
    at = max(at, now)
  }

  package func value(at now: Int64) -> Double? { now - at > Self.lifetime ? nil : value }
}
