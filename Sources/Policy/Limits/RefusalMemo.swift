/// Remembers for a moment what the shared state refused, so that a limit which is hammered beyond itself costs no calls.
///
/// What is remembered is a refusal of so much; less may still fit, and is asked for.
package struct RefusalMemo {
  package struct Refusal: Equatable, Sendable {
    /// Monotonic milliseconds.
    package var at: Int64
    package var cost: Int64
    /// Milliseconds from `at` on; nil: for ever.
    package var wait: Int64?
    package var left: Int64
  }

  /// Milliseconds: settlements give back before the wait is over, and other replicas' are not seen here.
  package static let longest: Int64 = 250
  private static let most = 10_000
  private var refusals: [String: Refusal] = [:]

  package init() {}

  package var isEmpty: Bool { refusals.isEmpty }

  package mutating func note(_ charge: Charge, wait: Int64?, left: Int64, now: Int64) {
    if refusals.count >= Self.most { refusals.removeAll() }
    refusals[charge.key] = Refusal(at: now, cost: charge.cost, wait: wait, left: left)
  }

  /// Something was given back.
  package mutating func forget(_ key: String) {
    if !refusals.isEmpty { refusals[key] = nil }
  }

  /// The refusal that holds for a charge at `now`, with what is left of its wait.
  package mutating func refusal(of charge: Charge, now: Int64) -> (wait: Int64?, left: Int64)? {
    guard !refusals.isEmpty, let known = refusals[charge.key] else { return nil }
    let age = now - known.at
    guard age < min(known.wait ?? Self.longest, Self.longest) else {
      refusals[charge.key] = nil
      return nil
    }
    guard charge.cost >= known.cost else { return nil }
    return (known.wait.map { max(1, $0 - age) }, known.left)
  }
}
