/// What replicas have learned of models' deployments, in memory: the twin of `choice_tell.lua`. Times are milliseconds.
///
/// A counter that grows only: each replica overwrites its own field with all that it has learned, and everybody adds the fields up, so
/// that nothing is lost or counted twice (algorithms §9b).
package struct ChoiceStore: Sendable {
  package struct Entry: Equatable, Sendable {
    package var fields: [String: String]
    /// From this millisecond on there is no such entry.
    package var expires: Int64
  }

  package private(set) var entries: [String: Entry] = [:]
  private let names: ChoiceNames

  package init(_ names: ChoiceNames) { self.names = names }

  package mutating func tell(_ note: ChoiceNote, now: Int64) -> ChoiceNote.Reply {
    let key = names.sums(note.model)
    var fields = fields(key, now)
    if let own = fields[note.replica].flatMap(ChoiceEntry.init) {
      if own.sequence >= note.sequence { return .repeated }
      if own.told == nil, !note.isAnew { return .adopted }
    }
    if let adoption = note.adoption {
      guard let other = fields[adoption.replica].flatMap(ChoiceEntry.init),
        other.sequence == adoption.sequence
      else { return .outrun }
      fields[adoption.replica] = other.told == nil ? nil : "\(now) \(other.sequence) \(ChoiceEntry.adopted)"
    }
    fields[note.replica] = "\(now) \(note.sequence) \(note.told.edition) \(note.told.numbers)"
    entries[key] = Entry(fields: fields, expires: now + ChoiceNote.lifetime)
    return .told
  }

  package func fields(of model: ControlModel, now: Int64) -> [String: String] {
    fields(names.sums(model), now)
  }

  /// Loses a key, as a Redis may.
  package mutating func forget(_ key: String) { entries[key] = nil }

  /// Forgets what has expired, which changes no answer.
  package mutating func sweep(now: Int64) { entries = entries.filter { $0.value.expires > now } }

  private func fields(_ key: String, _ now: Int64) -> [String: String] {
    guard let entry = entries[key], entry.expires > now else { return [:] }
    return entry.fields
  }
}
