/// What is known of experiments, in memory: the twin of `experiment_note.lua`. Times are milliseconds.
package struct ExperimentStore: Sendable {
  package struct Entry: Equatable, Sendable {
    package var fields: [String: String]
    /// From this millisecond on there is no such entry.
    package var expires: Int64
  }

  package private(set) var entries: [String: Entry] = [:]
  private let names: ExperimentNames
  private let most: Int64

  /// Tests count fewer sessions at most.
  package init(_ names: ExperimentNames, most: Int64 = ExperimentNote.mostCounted) {
    (self.names, self.most) = (names, most)
  }

  package mutating func note(_ note: ExperimentNote, now: Int64) -> ExperimentNote.Reply {
    var told = fields(names.told(note.subject), now)
    if let last = Self.number(told[note.replica]), last >= note.sequence { return .repeated }
    var sums = Sums(fields(names.sums(note.subject), now))
    for session in note.sessions {
      let key = names.session(session.unit, of: note.subject)
      if let next = add(session.tally, to: fields(key, now), &sums) {
        entries[key] = Entry(fields: next, expires: now + ExperimentNote.sessionLifetime)
      }
    }
    if !sums.fields.isEmpty {
      entries[names.sums(note.subject)] = Entry(
        fields: sums.fields, expires: now + ExperimentNote.sumsLifetime)
    }
    told[note.replica] = "\(note.sequence)"
    entries[names.told(note.subject)] = Entry(fields: told, expires: now + ExperimentNote.toldLifetime)
    return .added
  }

  package func sums(of subject: ExperimentSubject, now: Int64) -> [String: String] {
    fields(names.sums(subject), now)
  }

  /// Loses a key, as a Redis may.
  package mutating func forget(_ key: String) { entries[key] = nil }

  /// Forgets what has expired, which changes no answer. There may be a million sessions: what stays is not moved.
  package mutating func sweep(now: Int64) {
    for key in entries.compactMap({ $1.expires > now ? nil : $0 }) { entries[key] = nil }
  }

  /// What is known of the session then; nil where it isn't counted: there are enough, or it was given another arm.
  private func add(_ tally: SessionTally, to former: [String: String], _ sums: inout Sums) -> [String:
    String]?
  {
    var session = former
    if former.isEmpty {
      guard sums["sessions"] < most else { return nil }
      sums["sessions"] += 1
      sums["\(tally.arm).n"] += 1
      session["arm"] = "\(tally.arm)"
    } else if former["arm"] != "\(tally.arm)" {
      return nil
    }
    for (name, told) in tally.words {
      let before = former[name].flatMap(Self.pair) ?? (count: 0, sum: 0)
      let count = min(before.count + told.count, ControlRule.most)
      let sum = min(before.sum + told.sum, ControlRule.most)
      session[name] = "\(count) \(sum)"
      let old = told.kind.value(count: before.count, sum: before.sum)
      guard let new = told.kind.value(count: count, sum: sum) else { continue }
      sums.replace(old, by: new, of: "\(tally.arm).\(name)")
    }
    return session
  }

  private func fields(_ key: String, _ now: Int64) -> [String: String] {
    guard let entry = entries[key], entry.expires > now else { return [:] }
    return entry.fields
  }

  private static func number(_ text: String?) -> Int64? { text.flatMap { Int64($0) } }

  private static func pair(_ text: String) -> (count: Int64, sum: Int64)? {
    let numbers = text.split(separator: " ").compactMap { Int64($0) }
    return numbers.count == 2 ? (numbers[0], numbers[1]) : nil
  }

  /// Numbers of a hash.
  private struct Sums {
    private(set) var fields: [String: String]
    /// Of the lower part of a sum of squares.
    private static let base: Int64 = 1_000_000_000

    init(_ fields: [String: String]) { self.fields = fields }

    subscript(name: String) -> Int64 {
      get { ExperimentStore.number(fields[name]) ?? 0 }
      set { fields[name] = "\(newValue)" }
    }

    mutating func replace(_ old: Int64?, by new: Int64, of name: String) {
      self["\(name).n"] += old == nil ? 1 : 0
      // Below 0 only where Redis lost the sums and kept sessions.
      self["\(name).s"] = max(0, self["\(name).s"] + new - (old ?? 0))
      let low = self["\(name).ql"] + new * new - (old ?? 0) * (old ?? 0)
      let carry = Int64((Double(low) / Double(Self.base)).rounded(.down))
      let high = self["\(name).qh"] + carry
      self["\(name).qh"] = max(0, high)
      self["\(name).ql"] = high < 0 ? 0 : low - carry * Self.base
    }
  }
}
