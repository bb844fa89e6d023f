import NIOConcurrencyHelpers
import Policy

/// What the workers of a replica share about requests that are looked at again. Times are milliseconds of
/// `StateClock.monotonicMilliseconds`.
final class AuditDesk: Sendable {
  /// Questions under way at a time.
  static let most = 4

  private struct State {
    var pace = AuditPace()
    var active = 0
    /// The judge's provider has asked to be left alone until then.
    var pausedUntil = Int64.min
  }

  private let state = NIOLockedValueBox(State())

  /// Whether another request may be looked at again, of so many an hour.
  func take(_ perHour: Int, now: Int64) -> Bool { state.withLockedValue { $0.pace.take(perHour, now: now) } }

  /// Takes a place for a question; why there is none where there is none.
  func enter(now: Int64) -> ShadowDrop? {
    state.withLockedValue { state in
      guard now >= state.pausedUntil else { return .cooldown }
      guard state.active < Self.most else { return .full }
      state.active += 1
      return nil
    }
  }

  /// A question has ended.
  func leave() { state.withLockedValue { $0.active -= 1 } }

  func pause(until time: Int64) { state.withLockedValue { $0.pausedUntil = max($0.pausedUntil, time) } }
}
