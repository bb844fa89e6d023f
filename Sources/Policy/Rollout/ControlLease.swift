/// Who leads, as Redis keeps it. Times are Redis' milliseconds.
package struct ControlLease: Equatable, Sendable {
  package var id: String
  /// Rises with each leadership; at least the clock, so that it rises where Redis has forgotten it too.
  package var epoch: Int64
  package var until: Int64
  package var since: Int64
  /// How long `until` was ahead when it was written.
  package var span: Int64

  /// How far beyond its own length an instant may lie before it is taken for one of a clock that has gone back.
  package static let tolerance: Int64 = 5_000

  package init(id: String, epoch: Int64, until: Int64, since: Int64, span: Int64) {
    (self.id, self.epoch, self.until, self.since, self.span) = (id, epoch, until, since, span)
  }

  /// Nil where no script wrote it.
  package init?(fields: [String: String]) {
    guard let id = fields["id"], let epoch = ControlRule.number(fields["epoch"]),
      let until = ControlRule.number(fields["until"]), let since = ControlRule.number(fields["since"]),
      let span = ControlRule.number(fields["span"])
    else { return nil }
    self.init(id: id, epoch: epoch, until: until, since: since, span: span)
  }

  package var fields: [String: String] {
    ["id": id, "epoch": "\(epoch)", "until": "\(until)", "since": "\(since)", "span": "\(span)"]
  }

  /// Milliseconds that it lasts; 0 where it is over, or was written before the clock went back.
  package func left(_ now: Int64) -> Int64 {
    let left = until - now
    return left > span + Self.tolerance ? 0 : max(0, min(left, span))
  }
}

/// In whose name something guarded is written: it counts only while that leadership lasts.
package struct ControlLeader: Hashable, Sendable {
  package let id: String
  package let epoch: Int64

  package init(id: String, epoch: Int64) {
    precondition(ControlRule.isID(id) && ControlRule.isNumber(epoch), "'\(id)' leads in epoch \(epoch)")
    (self.id, self.epoch) = (id, epoch)
  }
}

/// What asking for the lease answers; `left` is in milliseconds.
package enum ControlTake: Equatable, Sendable {
  /// It is the asker's: for the first time, or prolonged.
  case held(epoch: Int64, left: Int64)
  case other(epoch: Int64, left: Int64, holder: String)
}

/// What a guarded call answers where it isn't its own reply: the leadership is over, and this is the highest epoch known.
package enum ControlGuarded<Value: Equatable & Sendable>: Equatable, Sendable {
  case done(Value)
  case fenced(epoch: Int64)
}
