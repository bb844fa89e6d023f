/// A moving average that believes bad news at once and good news slowly: Finagle's peak EWMA, as tower's `peak_ewma.rs` has it.
///
/// Of a time, such as that to the first token: a slower sample takes the place of the average, a faster one pulls it down by how long
/// it is since the last. Where they let the old die off as e⁻ᵗ, here it is 1 / (1 + t): close to that for samples that come often.
package struct PeakAverage: TimedEstimate, Equatable {
  /// Milliseconds; nil before the first sample.
  package private(set) var value: Double?
  /// When its last sample was taken, in milliseconds.
  package private(set) var at: Int64 = 0
  /// Milliseconds after which a sample has lost half of its say.
  private static let decay = 10_000.0

  package init() {}

  /// One that was `value` at `at`.
  package init(value: Double, at: Int64) {
    (self.value, self.at) = (value, at)
  }

  /// Takes a sample in milliseconds, measured at `now`.
  package mutating func add(_ sample: Double, at now: Int64) {
    guard sample.isFinite, sample >= 0 else { return }
    if let former = value, sample < former {
      let share = self.share(at: now)
      value = former * share + sample * (1 - share)
    } else {
      value = sample
    }
    at = max(at, now)
  }

  /// What it is worth at `now`: without samples it sinks, so that an endpoint which was slow once is tried again.
  package func value(at now: Int64) -> Double? { value.map { $0 * share(at: now) } }

  private func share(at now: Int64) -> Double { Self.decay / (Self.decay + Double(max(0, now - at))) }
}
