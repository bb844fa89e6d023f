/// The keys in Redis of feedback.
package struct FeedbackNames: Sendable {
  /// A string: what tickets are sealed with.
  package let secret: String
  private let prefix: String

  /// `prefix` is `state.key_prefix`.
  package init(prefix: String) {
    self.prefix = prefix
    secret = "\(prefix):{fb}:secret"
  }

  /// A string: an answer was judged, by which call, and whether that counted.
  package func mark(_ mark: FeedbackMark) -> String {
    "\(tag(mark.unit)):x:\(FeedbackTicket.digits(mark.ticket))"
  }

  /// A string: its session has judged something within the last second.
  package func session(_ mark: FeedbackMark) -> String { "\(tag(mark.unit)):s" }

  /// A string: this session has rejected its last answer.
  package func rejection(_ session: UInt64) -> String { "\(tag(session)):r" }

  /// A session's keys are of one slot, those of all sessions of many.
  private func tag(_ unit: UInt64) -> String { "\(prefix):{fb:\(FeedbackTicket.digits(unit))}" }
}
