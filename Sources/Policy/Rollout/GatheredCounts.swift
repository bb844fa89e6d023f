/// Counts of what comes seldom, gathered until both arms have some: of a second that has those of one arm alone no test makes anything.
///
/// When they are handed out depends on how many exposures there are, never on which of them are events, and rates hardly change within the
/// longest time: evidence by them stays evidence.
package struct GatheredCounts: Equatable, Sendable {
  /// Seconds, from the first that has any: then they are forgotten.
  static let longest: Int64 = 60

  private var counts = ArmCounts()
  private var seconds: Int64 = 0

  package init() {}

  /// Takes those of one second; all that were gathered, once both arms have some.
  package mutating func take(_ more: ArmCounts) -> ArmCounts? {
    if seconds >= Self.longest { self = Self() }
    counts = ArmCounts(canary: counts.canary + more.canary, baseline: counts.baseline + more.baseline)
    let (canary, baseline) = (counts.canary.exposures, counts.baseline.exposures)
    guard canary > 0 || baseline > 0 else { return nil }
    seconds += 1
    guard canary > 0, baseline > 0 else { return nil }
    let all = counts
    self = Self()
    return all
  }
}

extension EventCount {
  private static let most: Int64 = 1 << 50

  fileprivate static func + (one: EventCount, other: EventCount) -> EventCount {
    EventCount(
      min(one.exposures, most) + min(other.exposures, most),
      events: min(one.events, most) + min(other.events, most))
  }
}

extension GatheredCounts {
  /// `<seconds> <canary> <its events> <baseline> <its events>`
  package var text: String {
    let (canary, baseline) = (counts.canary, counts.baseline)
    return "\(seconds) \(canary.exposures) \(canary.events) \(baseline.exposures) \(baseline.events)"
  }

  package init?(text: String) {
    let numbers = text.split(separator: " ", omittingEmptySubsequences: false).compactMap { Int64($0) }
    guard numbers.count == 5, 0...Self.longest ~= numbers[0] else { return nil }
    seconds = numbers[0]
    counts = ArmCounts(
      canary: EventCount(numbers[1], events: numbers[2]),
      baseline: EventCount(numbers[3], events: numbers[4]))
  }
}
