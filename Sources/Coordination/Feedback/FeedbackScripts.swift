import Policy

/// The scripts of feedback. `FeedbackStore` is their twin.
struct FeedbackScripts: Sendable {
  let mark: Script
  /// The same as for keys: it sets what is not there.
  let secret: Script

  init(clock: Script.Clock = .redis) {
    mark = Script(PackageResources.feedback_mark_lua, clock: clock)
    secret = Script(PackageResources.key_secret_lua, clock: clock)
  }
}

/// What they are called with.
extension ScriptCall {
  init(_ mark: FeedbackMark, _ names: FeedbackNames) {
    let keys = [names.mark(mark), names.session(mark)]
    guard let rejects = mark.rejects else {
      self.init(keys: keys, arguments: [.string(mark.call)])
      return
    }
    self.init(
      keys: keys + [names.rejection(mark.unit)],
      arguments: [.string(mark.call), .string(rejects ? "1" : "0")])
  }

  init(proposing secret: FeedbackSecret, _ names: FeedbackNames) {
    self.init(keys: [names.secret], arguments: [.string(secret.text)])
  }
}

/// Reads what they answer. Nil means: nothing that the script says.
enum FeedbackReplies {
  static func mark(_ reply: Reply) -> FeedbackMark.Reply? {
    if case .number(let number) = reply { FeedbackMark.Reply(rawValue: number) } else { nil }
  }

  static func secret(_ reply: Reply) -> FeedbackSecret? { reply.text.flatMap { FeedbackSecret(text: $0) } }
}
