/// What one replica knows of its own leadership: when to ask for the lease, and until when it may act.
///
/// Instants are milliseconds of a clock that only goes on, and counts suspension: a process that was paused learns of it. A leader acts
/// for seven tenths of the lease from when it *asked* for it, so that another one, whose clock is Redis', never acts beside it.
package struct Leadership: Equatable, Sendable {
  package let id: String
  /// The lease's milliseconds.
  package let term: Int64
  package private(set) var epoch: Int64?
  private var until: Int64 = 0
  /// Who led when it was last asked, and in which epoch.
  package private(set) var other: (holder: String, epoch: Int64)?

  package init(id: String, term: Int64) { (self.id, self.term) = (id, term) }

  /// Milliseconds between two calls for the lease.
  package var period: Int64 { max(1, term / 5) }

  /// The leader in whose name may be written now; nil: this replica isn't it, or may not be any more.
  package func leader(now: Int64) -> ControlLeader? {
    guard let epoch, now < until else { return nil }
    return ControlLeader(id: id, epoch: epoch)
  }

  package enum Change: Equatable, Sendable {
    case none
    /// It leads from now on: what others have left has to be looked at first.
    case began(epoch: Int64)
    case ended
  }

  /// What came of a call for the lease that was sent at `sent`.
  package mutating func took(_ take: ControlTake, sent: Int64, now: Int64) -> Change {
    switch take {
    case .held(let epoch, _):
      other = nil
      let former = self.epoch
      (self.epoch, until) = (epoch, max(until, sent + term * 7 / 10))
      return former == epoch ? .none : .began(epoch: epoch)
    case .other(let epoch, _, let holder):
      other = (holder, epoch)
      return end()
    }
  }

  /// Something was refused in its name, or it gives up.
  package mutating func end() -> Change {
    defer { (epoch, until) = (nil, 0) }
    return epoch == nil ? .none : .ended
  }

  /// To be asked from time to time: who didn't hear from Redis in time leads no more.
  package mutating func check(now: Int64) -> Change { epoch != nil && now >= until ? end() : .none }

  package static func == (one: Leadership, another: Leadership) -> Bool {
    one.id == another.id && one.term == another.term && one.epoch == another.epoch
      && one.until == another.until
  }
}
