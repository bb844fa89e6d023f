/// Where the attempts of one exchange go: a value that is told how the last one ended and says what to do next.
///
/// An untried endpoint of the same deployment comes before the next deployment, and that before the same endpoint again.
/// One cap holds for retries and fallbacks together (algorithms §7).
package struct AttemptPlan {
  package struct Step: Equatable, Sendable {
    package enum Reason: String, Sendable, CaseIterable { case first, retry, fallback }
    package var candidate: RoutingTable.Candidate
    package var endpoint: Int
    package var reason: Reason
    /// Nanoseconds to wait first.
    package var backoff: Int64
  }

  /// Chooses an endpoint of a deployment, but for those that are out; nil where none is left.
  package typealias Choose = (_ deployment: Int, _ isOut: (Int) -> Bool, inout Chance) -> Int?

  package enum Next: Equatable, Sendable {
    case attempt(Step)
    case stop(Stop)
  }

  /// Why there is no further attempt.
  package enum Stop: String, Sendable {
    /// The last end is final: trying again can't help.
    case final
    case attemptsSpent = "attempts_spent"
    case candidatesSpent = "candidates_spent"
    case budgetSpent = "budget_spent"
  }

  package let candidates: [RoutingTable.Candidate]
  private let limit: Int
  /// Attempts started so far.
  package private(set) var count = 0
  private var current = 0
  private var tried: [Tried] = []
  /// Those of them that won't do better a second time.
  private var barred: [Tried] = []

  private struct Tried: Equatable {
    var deployment: Int
    var endpoint: Int
  }

  package init(candidates: [RoutingTable.Candidate], limit: Int) {
    self.candidates = candidates
    self.limit = limit
  }

  /// The first attempt.
  package mutating func first(
    random: inout Chance, choose: Choose
  ) -> Next {
    step(.first, random: &random, choose: choose) ?? .stop(.candidatesSpent)
  }

  /// What follows an attempt that ended without a byte to the client. `mayRetry` asks the retry budget for one; it is called only
  /// if there is something to try.
  package mutating func next(
    after verdict: Classification, random: inout Chance, choose: Choose,
    mayRetry: () -> Bool
  ) -> Next {
    guard verdict.retry != .never else { return .stop(.final) }
    if verdict.retry == .elsewhere, let last = tried.last { barred.append(last) }
    guard count < limit else { return .stop(.attemptsSpent) }
    let before = self
    if let next = step(.retry, random: &random, choose: choose) {
      return granted(next, else: before, mayRetry)
    }
    guard verdict.retry == .anywhere, !candidates.isEmpty else { return .stop(.candidatesSpent) }
    // Everything was tried once; the first candidate again, after a pause.
    current = 0
    tried = barred
    guard let next = step(.retry, random: &random, choose: choose) else {
      return .stop(.candidatesSpent)
    }
    return granted(
      Self.delayed(next, by: Self.backoff(attempt: count - 1, random: &random)), else: before, mayRetry)
  }

  /// What follows a step that no limit had room for: it was not tried, and counts as no attempt. `deployment`: nor has any other
  /// endpoint of its deployment.
  package mutating func skip(
    deployment: Bool, random: inout Chance, choose: Choose
  ) -> Next {
    count -= 1
    if deployment { current += 1 }
    return step(count == 0 ? .first : .retry, random: &random, choose: choose)
      ?? .stop(.candidatesSpent)
  }

  private mutating func granted(_ next: Next, else before: AttemptPlan, _ mayRetry: () -> Bool) -> Next {
    if mayRetry() { return next }
    self = before
    return .stop(.budgetSpent)
  }

  private mutating func step(
    _ reason: Step.Reason, random: inout Chance, choose: Choose
  ) -> Next? {
    while current < candidates.count {
      let candidate = candidates[current]
      let isOut: (Int) -> Bool = { tried.contains(Tried(deployment: candidate.deployment, endpoint: $0)) }
      let endpoint = choose(candidate.deployment, isOut, &random)
      guard let endpoint else {
        current += 1
        continue
      }
      tried.append(Tried(deployment: candidate.deployment, endpoint: endpoint))
      count += 1
      let reason = candidate.fallback > 0 ? .fallback : reason
      return .attempt(Step(candidate: candidate, endpoint: endpoint, reason: reason, backoff: 0))
    }
    return nil
  }

  private static func delayed(_ next: Next, by backoff: Int64) -> Next {
    guard case .attempt(var step) = next else { return next }
    step.backoff = backoff
    return .attempt(step)
  }

  /// Full jitter: anything from 0 to min(2 s, 100 ms · 2ⁿ), in nanoseconds; n counts from 0.
  package static func backoff(attempt n: Int, random: inout Chance) -> Int64 {
    let ceiling = min(2_000_000_000, Int64(100_000_000) << Int64(min(max(n, 0), 10)))
    return Int64(random.below(Int(ceiling) + 1))
  }
}
