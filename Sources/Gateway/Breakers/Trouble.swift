import Synchronization

/// How many endpoints are not as they should be, over all workers: while it is 0, routing asks for nothing else.
final class Trouble: Sendable {
  private let count = Atomic<Int>(0)

  var isNone: Bool { count.load(ordering: .relaxed) == 0 }
  func begin() { count.wrappingAdd(1, ordering: .relaxed) }
  func end() { count.wrappingSubtract(1, ordering: .relaxed) }
}

/// Whether a credential is refused at its endpoint: for five minutes from a refusal on, and then for all but one call, which tries it
/// again; or until a configuration is applied, which makes a new one. Times are milliseconds of the replica's clock.
final class CredentialBar: Sendable {
  static let time: Int64 = 300_000

  /// When it may be tried; `none` where it isn't refused.
  private let until = Atomic<Int64>(none)
  private let trouble: Trouble

  private static let none = Int64.min

  init(_ trouble: Trouble) { self.trouble = trouble }

  deinit { if isSet { trouble.end() } }

  var isSet: Bool { until.load(ordering: .relaxed) != Self.none }

  func isBarred(now: Int64) -> Bool { until.load(ordering: .relaxed) > now }

  /// Milliseconds until a refused one is tried again; nil where it isn't refused.
  func left(now: Int64) -> Int64? { isSet ? max(0, until.load(ordering: .relaxed) - now) : nil }

  /// True for the first who says so.
  func set(now: Int64) -> Bool {
    guard until.exchange(now + Self.time, ordering: .relaxed) == Self.none else { return false }
    trouble.begin()
    return true
  }

  /// Whether the call that starts is the one that tries it; nil where it may not start.
  func enter(now: Int64) -> Bool? {
    let end = until.load(ordering: .relaxed)
    if end == Self.none { return false }
    guard end <= now else { return nil }
    return until.compareExchange(expected: end, desired: now + Self.time, ordering: .relaxed).exchanged
      ? true : nil
  }

  /// What tried it came to nothing that says anything of it.
  func giveBack(now: Int64) { if isSet { until.store(now, ordering: .relaxed) } }

  /// It was accepted.
  func clear() {
    if until.exchange(Self.none, ordering: .relaxed) != Self.none { trouble.end() }
  }
}
