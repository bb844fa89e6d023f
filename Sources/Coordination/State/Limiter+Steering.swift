import NIOConcurrencyHelpers
package import Policy

/// Budgets that send requests where they cost less before they refuse them.
extension Limiter {
  /// The budget of a group that is spent so far that it steers; nil where none is, or nobody here knows. Nobody is asked: what counts is
  /// what the shared state said to this replica when a request was last charged there, or refused. That has what was reserved then, and
  /// not what others charged since or gave back.
  package func steering(of group: LimitGroup) -> Limit? {
    guard !group.steering.isEmpty else { return nil }
    let asked = charges.charges(group.steering, .nothing, now: state.now)
    return replica.levels.withLockedValue { $0.steering(group.steering, asked) }
  }

  func noteLevel(_ left: Int64, of limit: Limit, _ charge: Charge) {
    guard limit.steer != nil else { return }
    replica.levels.withLockedValue { $0.note(left, of: charge) }
  }
}
