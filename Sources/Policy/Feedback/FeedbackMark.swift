/// Says in the shared state that an answer was judged: each is once, and of a session one in a second counts.
package struct FeedbackMark: Equatable, Sendable {
  /// Of this call: the same again is answered as before.
  package let call: String
  /// Ids of the ticket and of its session.
  package let ticket: UInt64
  package let unit: UInt64
  /// Whether the session rejects its last answer with it; nil where nobody asks, or no grade says.
  package let rejects: Bool?

  /// Milliseconds that a mark is kept: an hour longer than its ticket, as clocks jump.
  package static let lifetime = FeedbackTicket.lifetime + 3_600_000
  /// Milliseconds in which a session counts once.
  package static let tick: Int64 = 1_000
  /// Milliseconds for which a session counts as one that has rejected its last answer, unless it finds another one better.
  package static let rejection: Int64 = 600_000

  package init(_ ticket: FeedbackTicket, call: String, _ grade: Feedback.Grade? = nil) {
    precondition(ControlRule.isID(call), "'\(call)' is no name of a call")
    (self.call, self.ticket, unit) = (call, ticket.id, ticket.unit)
    rejects = ticket.session == nil ? nil : grade.map { $0.isLow(nil) }
  }

  package enum Reply: Int64, Equatable, Sendable {
    /// It was judged before.
    case repeated = 0
    case counts = 1
    /// It is judged now, and counts for nothing: its session has judged another answer in the same second.
    case uncounted = 2
  }
}
