import Policy

/// What is known of a run's rollouts wherever it was written: at the Redis that counts, or at a former primary.
final class RolloutChronicle {
  private struct Write: Hashable {
    var leader: ControlLeader
    var version: Int64
  }

  private var written: [Write: String] = [:]
  /// Versions that some leader has given weight.
  private(set) var exposed: Set<Int> = []
  /// When a leader last said that it looks after what is exposed, in the world's milliseconds.
  private(set) var stampedAt: Int64 = -1_000_000
  /// By how much stamps may look younger than they are, as Redis' clock has gone back a little since the last one.
  private(set) var youth: Int64 = 0
  var tally = Tally()

  struct Tally {
    var leaderships = 0
    var writes = 0
    var started = 0
    var served = 0
    var rolledBack = 0
    var vetoes = 0
    var fenced = 0
    var conflicts = 0
    /// Rolled back by the controller, and nothing was wrong with it.
    var falseAlarms = 0

    static func += (one: inout Tally, other: Tally) {
      one.leaderships += other.leaderships
      one.writes += other.writes
      one.started += other.started
      one.served += other.served
      one.rolledBack += other.rolledBack
      one.vetoes += other.vetoes
      one.fenced += other.fenced
      one.conflicts += other.conflicts
      one.falseAlarms += other.falseAlarms
    }
  }

  /// False where this leader has written something else as this version.
  func isFirst(_ hash: String, as version: Int64, by leader: ControlLeader) -> Bool {
    let write = Write(leader: leader, version: version)
    defer { written[write] = hash }
    return written[write].map { $0 == hash } ?? true
  }

  func expose(_ version: Int) { exposed.insert(version) }

  func stamp(at time: Int64) { (stampedAt, youth) = (time, 0) }

  /// One that has gone back by more is known by that.
  func clockChanged(by time: Int64) {
    if time < 0 { youth += min(-time, ControlLease.tolerance) }
  }
}
