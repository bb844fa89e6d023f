package import Policy

/// Feedback in memory, by the scripts' twin: for a replica alone. Tickets are good until it ends.
extension EmbeddedState: FeedbackRegister {
  package func feedbackSecret(
    proposing secret: FeedbackSecret, _ completion: @escaping StateCompletion<FeedbackSecret>
  ) {
    let now = now
    let text = store.withFeedback { $0.secret(secret.text, now: now) }
    completion(FeedbackSecret(text: text).map(Result.success) ?? .failure(.malformed))
  }

  package func mark(_ mark: FeedbackMark, _ completion: @escaping StateCompletion<FeedbackMark.Reply>) {
    let now = now
    completion(.success(store.withFeedback { $0.mark(mark, now: now) }))
  }

  package func hasRejected(_ session: UInt64, _ completion: @escaping StateCompletion<Bool>) {
    let now = now
    completion(.success(store.withFeedback { $0.hasRejected(session, now: now) }))
  }

  static let feedbackNames = FeedbackNames(prefix: "sy")
}
