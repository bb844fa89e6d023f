/// What a replica tells once a second, and asks for.
package struct ControlSync: Equatable, Sendable {
  package var replica: String
  /// What it routes by; `.none` and an empty hash before it knows any.
  package var applied: ControlPosition
  package var hash: String
  /// Of the vetoes that it knows; 0: none.
  package var vetoMark: Int64

  package init(replica: String, applied: ControlPosition, hash: String, vetoMark: Int64) {
    precondition(ControlRule.isID(replica), "'\(replica)' is no name of a replica")
    precondition(hash.isEmpty || ControlRule.isID(hash), "'\(hash)' is no hash")
    precondition(ControlRule.isNumber(vetoMark), "mark \(vetoMark)")
    (self.replica, self.applied, self.hash, self.vetoMark) = (replica, applied, hash, vetoMark)
  }

  package struct Reply: Equatable, Sendable {
    package enum Change: Equatable, Sendable {
      /// It is what the replica routes by.
      case same
      /// Redis has no configuration.
      case gone
      case config(ControlConfig)
    }

    /// Redis' clock.
    package var now: Int64
    /// Of the lease: its epoch, milliseconds that it lasts, and whose it is.
    package var epoch: Int64
    package var left: Int64
    package var leader: String
    package var stamp: ControlStamp?
    /// Replicas that told something within the last ten seconds, this one included.
    package var replicas: Int64
    /// Nil where the replica knows them.
    package var vetoes: ControlVetoes?
    /// Of the configuration in Redis.
    package var position: ControlPosition
    package var change: Change

    package init(
      now: Int64, epoch: Int64, left: Int64, leader: String, stamp: ControlStamp?, replicas: Int64,
      vetoes: ControlVetoes?, position: ControlPosition, change: Change
    ) {
      (self.now, self.epoch, self.left, self.leader) = (now, epoch, left, leader)
      (self.stamp, self.replicas, self.vetoes) = (stamp, replicas, vetoes)
      (self.position, self.change) = (position, change)
    }
  }
}

/// That a leader has looked after what is exposed: canary and shadow end where nobody does.
package struct ControlStamp: Equatable, Sendable {
  package var epoch: Int64
  package var count: Int64
  /// Milliseconds since it was written.
  package var age: Int64

  /// Milliseconds that it counts.
  package static let lifetime: Int64 = 30_000

  package init(epoch: Int64, count: Int64, age: Int64) {
    (self.epoch, self.count, self.age) = (epoch, count, age)
  }
}

/// What a replica told last: `<epoch>.<version> <hash or -> <ms>`.
package struct ControlAck: Equatable, Sendable {
  package var position: ControlPosition
  package var hash: String
  package var at: Int64

  /// Milliseconds until a replica that is silent counts no more, and until it is forgotten.
  package static let live: Int64 = 10_000
  package static let kept: Int64 = 60_000

  package init(position: ControlPosition, hash: String, at: Int64) {
    (self.position, self.hash, self.at) = (position, hash, at)
  }

  /// Nil where it makes no sense.
  package init?(_ text: String) {
    let words = text.split(separator: " ", omittingEmptySubsequences: false)
    guard words.count == 3, let dot = words[0].firstIndex(of: "."),
      let epoch = ControlRule.number(words[0][..<dot]),
      let version = ControlRule.number(words[0][words[0].index(after: dot)...]),
      let at = ControlRule.number(words[2])
    else { return nil }
    let position = ControlPosition(epoch: epoch, version: version)
    self.init(position: position, hash: words[1] == "-" ? "" : String(words[1]), at: at)
  }

  package var text: String {
    "\(position.epoch).\(position.version) \(hash.isEmpty ? "-" : hash) \(at)"
  }

  /// Whether that replica goes by something that is not, or no more, what others can be told.
  package func isAhead(of position: ControlPosition, _ hash: String) -> Bool {
    self.position > position || (self.position == position && self.hash != hash)
  }
}
