import Policy

/// The script of experiments. `ExperimentStore` is its twin.
struct ExperimentScripts: Sendable {
  let note: Script

  init(clock: Script.Clock = .redis) {
    note = Script(
      PackageResources.control_common_lua, PackageResources.experiment_note_lua, clock: clock)
  }
}

/// What it is called with, and what it answers.
extension ScriptCall {
  init(_ note: ExperimentNote, _ names: ExperimentNames, most: Int64 = ExperimentNote.mostCounted) {
    var words: [Word] = [.string(note.replica), .number(note.sequence), .number(most)]
    for session in note.sessions {
      let told = session.tally.words
      words += [.number(Int64(session.tally.arm)), .number(Int64(told.count))]
      for (name, told) in told {
        words += [.string(name), .string(told.kind.rawValue), .number(told.count), .number(told.sum)]
      }
    }
    let keys = [names.told(note.subject), names.sums(note.subject)]
    self.init(
      keys: keys + note.sessions.map { names.session($0.unit, of: note.subject) }, arguments: words)
  }
}

enum ExperimentReplies {
  static func note(_ reply: Reply) -> ExperimentNote.Reply? {
    if case .number(let number) = reply { ExperimentNote.Reply(rawValue: number) } else { nil }
  }
}
