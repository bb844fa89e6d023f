/// What copies of one model's requests may still cost today, as one replica knows it.
///
/// All replicas spend from one sum a day (UTC) that the shared state keeps. What this one has spent and not told yet, and what its copies
/// under way will probably cost, counts too; what others spent is known to a second. Money is in micro-dollars, times in milliseconds.
package struct ShadowPurse: Equatable, Sendable {
  /// After so long without word nobody knows what the others spend.
  package static let freshness: Int64 = 10_000

  /// Of all replicas, as it was last told.
  package private(set) var spent: Int64 = 0
  private var untold: Int64 = 0
  /// On its way to the shared state.
  private var told: Int64 = 0
  private var reserved: Int64 = 0
  private var heardAt: Int64?

  package init() {}

  /// What all cost so far today, as far as this replica knows.
  package var known: Int64 { spent + told + untold }

  /// Nothing is under way, and all is told.
  package var isSettled: Bool { (untold, told, reserved) == (0, 0, 0) }

  package enum Answer: Equatable, Sendable { case reserved, spent, unknown }

  /// Sets aside what a copy will probably cost.
  package mutating func reserve(_ cost: Int64, of budget: Int64, now: Int64) -> Answer {
    guard let heardAt, now - heardAt <= Self.freshness else { return .unknown }
    guard known + reserved + max(0, cost) <= budget else { return .spent }
    reserved += max(0, cost)
    return .reserved
  }

  /// A copy has ended: what was set aside for it, and what it cost.
  package mutating func settle(_ reservation: Int64, cost: Int64) {
    reserved = max(0, reserved - max(0, reservation))
    untold = min(untold + max(0, cost), ControlSpend.most)
  }

  /// What is to be told now, nothing too: the answer says what others spent. It is on its way until `hear`.
  package mutating func takeUntold() -> Int64 {
    told += untold
    untold = 0
    return told
  }

  /// All that was on its way is in `spent`.
  package mutating func hear(spent: Int64, now: Int64) {
    (self.spent, told, heardAt) = (spent, 0, now)
  }
}
