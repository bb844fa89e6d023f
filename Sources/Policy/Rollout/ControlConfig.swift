/// Orders configurations: by epoch, then by version. Nobody ever applies a lower one.
package struct ControlPosition: Hashable, Comparable, Sendable {
  package var epoch: Int64
  package var version: Int64

  package init(epoch: Int64, version: Int64) {
    precondition(ControlRule.isNumber(epoch) && ControlRule.isNumber(version), "\(epoch).\(version)")
    (self.epoch, self.version) = (epoch, version)
  }

  /// Of no configuration.
  package static let none = ControlPosition(epoch: 0, version: 0)

  package static func < (one: ControlPosition, other: ControlPosition) -> Bool {
    (one.epoch, one.version) < (other.epoch, other.version)
  }
}

/// What all replicas route by: a line for each model that has a rollout or an active bundle.
package struct ControlConfig: Equatable, Sendable {
  package var position: ControlPosition
  /// Who wrote it, and when by Redis' clock.
  package var by: String
  package var at: Int64
  package var lines: [ControlModel: String]
  /// Of its lines, as its writer computed it.
  package var hash: String

  package init(position: ControlPosition, by: String, at: Int64, lines: [ControlModel: String]) {
    (self.position, self.by, self.at, self.lines) = (position, by, at, lines)
    hash = Self.hash(of: lines)
  }

  /// Reads the hash in Redis; nil where no script wrote it. Fields of later releases are passed over.
  package init?(fields: [String: String]) {
    guard let epoch = ControlRule.number(fields["epoch"]), let version = ControlRule.number(fields["ver"]),
      let at = ControlRule.number(fields["at"]), let by = fields["by"], let hash = fields["hash"]
    else { return nil }
    position = ControlPosition(epoch: epoch, version: version)
    (self.by, self.at, self.hash, lines) = (by, at, hash, [:])
    for (field, line) in fields where field.hasPrefix("m:") {
      guard let model = ControlModel(escaped: field.dropFirst(2)) else { return nil }
      lines[model] = line
    }
  }

  /// Whether its lines are those that its writer wrote: nobody has changed one by hand.
  package var isWhole: Bool { hash == Self.hash(of: lines) }

  /// 16 hexadecimal digits: FNV-1a over the lines in the order of their models.
  package static func hash(of lines: [ControlModel: String]) -> String {
    var hash: UInt64 = 0xcbf2_9ce4_8422_2325
    for (model, line) in lines.sorted(by: { $0.key < $1.key }) {
      for byte in "\(model.escaped) \(line)\n".utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
    }
    let digits = String(hash, radix: 16)
    return String(repeating: "0", count: 16 - digits.count) + digits
  }
}

/// Replaces the configuration, in the name of a leader.
package struct ControlPut: Sendable {
  package let leader: ControlLeader
  /// The version that it replaces, 0 where there is none; and its own, which is greater.
  package let expected: Int64
  package let version: Int64
  /// Of all lines as they are then: with leader and version, it names this put, and the same again is answered as the first time.
  package let hash: String
  package let sets: [(model: ControlModel, line: String)]
  package let deletes: [ControlModel]
  package let audits: [ControlAudit]
  package let answers: [ControlAnswerText]

  package static let mostChanges = 2_000
  package static let longestLine = 16_384

  /// From all lines as they are to all lines as they shall be; only what differs is sent. Nil where a line is none, or too much changes.
  package init?(
    _ leader: ControlLeader, from former: [ControlModel: String], at expected: Int64,
    to lines: [ControlModel: String], version: Int64, audits: [ControlAudit] = [],
    answers: [ControlAnswerText] = []
  ) {
    precondition(expected >= 0 && expected < version && version <= ControlRule.most, "\(version)")
    self.leader = leader
    (self.expected, self.version, self.audits, self.answers) = (expected, version, audits, answers)
    hash = ControlConfig.hash(of: lines)
    sets = lines.filter { former[$0.key] != $0.value }.sorted { $0.key < $1.key }
      .map { (model: $0.key, line: $0.value) }
    deletes = former.keys.filter { lines[$0] == nil }.sorted()
    guard sets.allSatisfy({ ControlRule.isLine($0.line, most: Self.longestLine) }),
      sets.count + deletes.count + audits.count + answers.count <= Self.mostChanges
    else { return nil }
  }

  package enum Reply: Equatable, Sendable {
    case stored(version: Int64)
    /// There is another configuration than the one to be replaced.
    case conflict(ControlPosition)
    /// This leadership is over; the highest epoch known.
    case fenced(epoch: Int64)
    /// It would expose a version that is vetoed, or one that can't be read.
    case vetoed(field: String)
  }
}

/// The words of a model's line that the script reads.
enum ControlLine {
  enum Exposure: Equatable {
    case none
    case candidate(Int64)
    /// There is a weight, and nobody can tell of what.
    case unreadable
  }

  static func exposure(_ line: String) -> Exposure {
    let words = line.split(separator: " ")
    guard isAboveNothing("weight=", words) || isAboveNothing("copies=", words) else { return .none }
    let candidate = words.lazy.filter { $0.hasPrefix("candidate=") }.map { $0.dropFirst(10) }
      .first { !$0.isEmpty && $0.utf8.allSatisfy(RecordRule.isDigit) }
    return ControlRule.number(candidate).map(Exposure.candidate) ?? .unreadable
  }

  private static func isAboveNothing(_ name: String, _ words: [Substring]) -> Bool {
    let share = words.first { $0.hasPrefix(name) && $0.utf8.count > 7 }?.utf8.dropFirst(7)
    return share?.contains { (0x31...0x39).contains($0) } ?? false
  }
}
