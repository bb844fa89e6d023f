import NIOCore
package import Policy

/// Feedback in Redis, by its scripts.
extension RedisState: FeedbackRegister {
  package func feedbackSecret(
    proposing secret: FeedbackSecret, _ completion: @escaping StateCompletion<FeedbackSecret>
  ) {
    let call = ScriptCall(proposing: secret, feedbackNames)
    run(scripts.feedback.secret, call, FeedbackReplies.secret, completion)
  }

  package func mark(_ mark: FeedbackMark, _ completion: @escaping StateCompletion<FeedbackMark.Reply>) {
    run(scripts.feedback.mark, ScriptCall(mark, feedbackNames), FeedbackReplies.mark, completion)
  }

  package func hasRejected(_ session: UInt64, _ completion: @escaping StateCompletion<Bool>) {
    let key = feedbackNames.rejection(session)
    var bytes = ByteBufferAllocator().buffer(capacity: 256)
    bytes.writeCommand(["GET", key])
    // Requests wait for it: a few that time out are enough, and then nobody is asked.
    runner.ask(bytes, key: key, isCounted: true, isOptional: false) { completion($0.map { $0 != .none }) }
  }
}
