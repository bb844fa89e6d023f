/// How many retries a model may have: a share of its requests plus ten a second, both over the last ten seconds
/// (Finagle's retry budget, algorithms §7).
///
/// A value with no clock: whoever keeps the counts says how many there were in the window.
package struct RetryBudget: Sendable, Equatable {
  /// Seconds that a request, or a retry, counts.
  package static let window = 10
  /// Retries a second that need no requests.
  package static let reserve = 10

  /// Retries as a share of requests, in percent.
  package var percent: Int

  package init(percent: Int) { self.percent = percent }

  /// Whether one more retry fits, given what the window holds.
  package func allows(requests: Int, retries: Int) -> Bool {
    retries * 100 < requests * percent + Self.reserve * Self.window * 100
  }
}
