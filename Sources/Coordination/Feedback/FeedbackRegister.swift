package import Policy

/// What was judged, as one event loop reaches it.
///
/// Confined to its loop; completions are called there, once each, before the call returns or later. Everything may be repeated and
/// comes to the same.
package protocol FeedbackRegister: AnyObject {
  /// Whether it makes sense to ask.
  var isAvailable: Bool { get }

  /// The secret in force, which is the proposed one where there was none.
  func feedbackSecret(
    proposing: FeedbackSecret, _ completion: @escaping StateCompletion<FeedbackSecret>)
  func mark(_ mark: FeedbackMark, _ completion: @escaping StateCompletion<FeedbackMark.Reply>)
  /// Whether a session, what is left of it behind hashing, has rejected its last answer.
  func hasRejected(_ session: UInt64, _ completion: @escaping StateCompletion<Bool>)
  /// Sends what was asked for since the last flush.
  func flush()
}
