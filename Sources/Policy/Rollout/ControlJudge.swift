/// Keeps how far the evidence of a candidate is folded, and what came of it, in the name of a leader.
package struct ControlJudgePut: Sendable {
  package let leader: ControlLeader
  package let model: ControlModel
  package let version: Int64
  /// The second that was folded last, 0 for a version of which none was; and the one that is now.
  package let expected: Int64
  package let second: Int64
  /// State of each test, by name.
  package let tests: [(name: String, text: String)]

  package static let mostTests = 1_000
  package static let longestText = 65_536

  /// Nil where a test's name or text is none.
  package init?(
    _ leader: ControlLeader, _ model: ControlModel, version: Int64, after expected: Int64, second: Int64,
    tests: [String: String]
  ) {
    precondition(
      ControlRule.isNumber(version) && ControlRule.isNumber(expected) && ControlRule.isNumber(second),
      "version \(version), seconds \(expected) and \(second)")
    (self.leader, self.model, self.version) = (leader, model, version)
    (self.expected, self.second) = (expected, second)
    self.tests = tests.sorted { $0.key < $1.key }.map { (name: $0.key, text: $0.value) }
    guard tests.count <= Self.mostTests,
      tests.allSatisfy({ ControlRule.isID($0.key) && ControlRule.isLine($0.value, most: Self.longestText) })
    else { return nil }
  }

  package enum Reply: Equatable, Sendable {
    case stored(second: Int64)
    /// Another second was folded last, of this version or another one.
    case conflict(version: Int64, second: Int64)
    /// By Redis' clock, which is now, that second isn't over.
    case early(now: Int64)
    case fenced(epoch: Int64)
  }
}

/// What was kept of a candidate's evidence.
package struct ControlJudge: Equatable, Sendable {
  package var version: Int64
  package var second: Int64
  /// Of the leader that folded it.
  package var epoch: Int64
  package var tests: [String: String]

  /// Milliseconds that it is kept.
  package static let lifetime: Int64 = 86_400_000

  package init(version: Int64, second: Int64, epoch: Int64, tests: [String: String]) {
    (self.version, self.second, self.epoch, self.tests) = (version, second, epoch, tests)
  }

  /// Nil where no script wrote it.
  package init?(fields: [String: String]) {
    guard let version = ControlRule.number(fields["version"]),
      let second = ControlRule.number(fields["second"]), let epoch = ControlRule.number(fields["epoch"])
    else { return nil }
    let tests = fields.compactMap { $0.key.hasPrefix("t:") ? (String($0.key.dropFirst(2)), $0.value) : nil }
    self.init(
      version: version, second: second, epoch: epoch,
      tests: Dictionary(tests) { first, _ in first })
  }
}

/// What a replica counted of both arms in a second, or in a part of it.
package struct ControlCount: Sendable {
  package let replica: String
  /// Rises with each flush; the same again is not counted.
  package let sequence: Int64
  package let model: ControlModel
  /// Of Redis' clock.
  package let second: Int64
  package let counts: [(name: String, amount: Int64)]

  /// Milliseconds behind its end in which a second still counts; a leader folds it half a second later.
  package static let lateness: Int64 = 2_500
  /// Milliseconds ahead of Redis' clock that a second may begin.
  static let earliness: Int64 = 1_000
  /// Milliseconds that counts are kept.
  package static let lifetime: Int64 = 900_000
  package static let mostCounts = 500
  package static let mostAmount: Int64 = 1_000_000_000_000

  /// Nil where a count's name is none, or there are too many.
  package init?(
    replica: String, sequence: Int64, _ model: ControlModel, second: Int64, _ counts: [String: Int64]
  ) {
    precondition(ControlRule.isID(replica), "'\(replica)' is no name of a replica")
    precondition(ControlRule.isNumber(sequence) && ControlRule.isNumber(second), "\(sequence) of \(second)")
    precondition(counts.values.allSatisfy { (0...Self.mostAmount).contains($0) }, "less than nothing")
    (self.replica, self.sequence, self.model, self.second) = (replica, sequence, model, second)
    self.counts = counts.sorted { $0.key < $1.key }.map { (name: $0.key, amount: $0.value) }
    guard counts.count <= Self.mostCounts, counts.keys.allSatisfy(ControlRule.isID) else { return nil }
  }

  package enum Reply: Equatable, Sendable {
    /// Now, or by the same call before.
    case counted(now: Int64)
    case repeated(now: Int64)
    /// That second is over, or has not begun: nothing was counted, and it may be told of another second.
    case late(now: Int64)
  }
}

/// What all replicas counted, by second in the order asked for.
package struct ControlCounts: Equatable, Sendable {
  package var now: Int64
  package var seconds: [[String: Int64]]

  package static let mostSeconds = 60

  package init(now: Int64, seconds: [[String: Int64]]) { (self.now, self.seconds) = (now, seconds) }
}
