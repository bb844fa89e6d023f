import Coordination
import Policy

/// Asks the shared state what tickets are sealed with until it is known, and again from time to time: a Redis that has forgotten it is
/// given the same again. On one worker; confined to its loop.
final class FeedbackLink {
  private static let period: Int64 = 10_000
  private static let pause: Int64 = 500

  private let register: any FeedbackRegister
  private let desk: FeedbackDesk
  /// Monotonic milliseconds.
  private let clock: () -> Int64
  /// This replica's own, for a cluster that has none.
  private let proposal = FeedbackSecret.random()
  private var isAsking = false
  private var due = Int64.min

  init(
    _ register: any FeedbackRegister, _ desk: FeedbackDesk,
    clock: @escaping () -> Int64 = StateClock.monotonicMilliseconds
  ) {
    (self.register, self.desk, self.clock) = (register, desk, clock)
  }

  /// Ten times a second.
  func tick() {
    let now = clock()
    guard !isAsking, now >= due, register.isAvailable, let proposal = desk.secret ?? self.proposal
    else { return }
    isAsking = true
    due = now + Self.pause
    register.feedbackSecret(proposing: proposal) { [weak self] result in self?.heard(result) }
    register.flush()
  }

  private func heard(_ result: Result<FeedbackSecret, StateFailure>) {
    isAsking = false
    guard case .success(let secret) = result else { return }
    desk.take(secret)
    due = clock() + Self.period
  }
}
