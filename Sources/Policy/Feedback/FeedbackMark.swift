/// Says in the shared state that an answer was judged: each is once, and of a session one in a second counts.
package struct FeedbackMark: Equatable, Sendable {
  /// Of this call: the same again is answered as before.
  package let call: String
  /// Ids of the ticket and of its session.
  package let ticket: UInt64
  package let unit: UInt64

  /// Milliseconds that a mark is kept: an hour longer than its ticket, as clocks jump.
  package static let lifetime = FeedbackTicket.lifetime + 3_600_000
  /// Milliseconds in which a session counts once.
  package static let tick: Int64 = 1_000

  package init(_ ticket: FeedbackTicket, call: String) {
    precondition(ControlRule.isID(call), "'\(call)' is no name of a call")
    (self.call, self.ticket, unit) = (call, ticket.id, ticket.unit)
  }

  package enum Reply: Int64, Equatable, Sendable {
    /// It was judged before.
    case repeated = 0
    case counts = 1
    /// It is judged now, and counts for nothing: its session has judged another answer in the same second.
    case uncounted = 2
  }
}
