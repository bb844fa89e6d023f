/// Stops a canary that does not work at all, before the statistics have enough: its first five requests failed while the baseline's
/// in the same seconds were fine.
package struct FirstRequests: Equatable, Sendable {
  package static let least: Int64 = 5
  /// Of the baseline, without which nothing is known of it, and the failures in a hundred up to which it is fine.
  private static let leastBaseline: Int64 = 20
  private static let fineShare: Int64 = 20

  package private(set) var isBroken = false
  private var isOver = false
  /// In ticks that had requests of the canary, up to now all failed.
  private var failed: Int64 = 0
  private var baseline: Int64 = 0
  private var baselineFailed: Int64 = 0

  package init() {}

  package mutating func fold(_ counts: ArmCounts) {
    let (canary, baseline) = (counts.canary, counts.baseline)
    guard !isOver, canary.exposures > 0 else { return }
    guard canary.events == canary.exposures else { return end(broken: false) }
    failed = min(failed + min(canary.exposures, 1 << 40), 1 << 50)
    self.baseline = min(self.baseline + min(baseline.exposures, 1 << 40), 1 << 50)
    baselineFailed = min(baselineFailed + min(baseline.events, 1 << 40), 1 << 50)
    guard failed >= Self.least, self.baseline >= Self.leastBaseline else { return }
    if baselineFailed * 100 <= self.baseline * Self.fineShare { end(broken: true) }
  }

  private mutating func end(broken: Bool) {
    self = FirstRequests()
    (isBroken, isOver) = (broken, true)
  }
}

extension FirstRequests {
  /// `broken`, `over`, or what was counted: `<canary> <baseline> <baseline's failures>`.
  package var text: String {
    isBroken ? "broken" : isOver ? "over" : "\(failed) \(baseline) \(baselineFailed)"
  }

  package init?(text: String) {
    if text == "broken" || text == "over" {
      end(broken: text == "broken")
      return
    }
    let numbers = text.split(separator: " ", omittingEmptySubsequences: false).compactMap { Int64($0) }
    guard numbers.count == 3, numbers.allSatisfy({ 0...(1 << 50) ~= $0 }), numbers[2] <= numbers[1] else {
      return nil
    }
    (failed, baseline, baselineFailed) = (numbers[0], numbers[1], numbers[2])
  }
}
