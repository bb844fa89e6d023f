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
    self.init(keys: [names.mark(mark), names.session(mark)], arguments: [.string(mark.call)])
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
