import Policy

/// The script of learned choices. `ChoiceStore` is its twin.
struct ChoiceScripts: Sendable {
  let tell: Script

  init(clock: Script.Clock = .redis) { tell = Script(PackageResources.choice_tell_lua, clock: clock) }
}

/// What it is called with, and what it answers.
extension ScriptCall {
  init(_ note: ChoiceNote, _ names: ChoiceNames) {
    var words: [Word] = [
      .string(note.replica), .number(note.sequence), .string("\(note.told.edition) \(note.told.numbers)"),
      .string(note.isAnew ? "anew" : ""),
    ]
    if let adoption = note.adoption { words += [.string(adoption.replica), .number(adoption.sequence)] }
    self.init(keys: [names.sums(note.model)], arguments: words)
  }
}

enum ChoiceReplies {
  static func note(_ reply: Reply) -> ChoiceNote.Reply? {
    if case .number(let number) = reply { ChoiceNote.Reply(rawValue: number) } else { nil }
  }
}
