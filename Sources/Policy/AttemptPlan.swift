/// Where the attempts of one exchange go: a value that is told how the last one ended and says what to do next.
///
/// What was not tried yet of the same model comes before its fallbacks, and those before the same endpoint again. Which endpoint of a
/// model, over all its deployments, is for whoever balances to say. One cap holds for retries and fallbacks together (algorithms §7).
package struct AttemptPlan {
  package struct Step: Equatable, Sendable {
    package enum Reason: String, Sendable, CaseIterable { case first, retry, fallback, hedge }
    package var candidate: RoutingTable.Candidate
    package var endpoint: Int
    package var reason: Reason
    /// Nanoseconds to wait first.
    package var backoff: Int64
  }

  /// An endpoint as a deployment uses it.
  package struct Place: Equatable, Sendable {
    package var deployment: Int
    package var endpoint: Int

    package init(deployment: Int, endpoint: Int) { (self.deployment, self.endpoint) = (deployment, endpoint) }
  }

  /// Where the next attempt may not go.
  package struct Spent: Sendable {
    /// `permitted`: nothing else may be chosen, ever; nil: all may.
    package init(permitted: DeploymentSet? = nil) { self.permitted = permitted }

    fileprivate let permitted: DeploymentSet?
    fileprivate var places: [Place] = []
    /// Those that no limit has room for.
    fileprivate var deployments: [Int] = []
    /// The one that is being asked already, whoever's it is.
    fileprivate var endpoint: Int?

    package var isEmpty: Bool {
      places.isEmpty && deployments.isEmpty && endpoint == nil && permitted == nil
    }
    package func contains(_ place: Place) -> Bool {
      !permits(place) || deployments.contains(place.deployment) || place.endpoint == endpoint
        || places.contains(place)
    }
    package func permits(_ place: Place) -> Bool { permitted?.contains(place.deployment) ?? true }
  }

  /// Chooses among all endpoints of a model's deployments, but for those that are spent; nil where none is left.
  package typealias Choose = (_ model: Int, _ spent: Spent, inout Chance) -> Place?

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

  package let stages: [RoutingTable.Stage]
  private let limit: Int
  /// Attempts started so far.
  package private(set) var count = 0
  private var current = 0
  private var spent: Spent
  private var last: Place?
  /// Those that won't do better a second time.
  private var barred: [Place] = []

  /// `permitted`: the deployments that may be asked, at whichever stage; nil: all.
  package init(stages: [RoutingTable.Stage], limit: Int, permitted: DeploymentSet? = nil) {
    self.stages = stages
    self.limit = limit
    spent = Spent(permitted: permitted)
  }

  package var hasAttemptsLeft: Bool { count < limit }

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
    if verdict.retry == .elsewhere, let last { barred.append(last) }
    guard hasAttemptsLeft else { return .stop(.attemptsSpent) }
    let before = self
    leaveTrial()
    if let next = step(.retry, random: &random, choose: choose) {
      return granted(next, else: before, mayRetry)
    }
    guard verdict.retry == .anywhere, !stages.isEmpty else { return .stop(.candidatesSpent) }
    // Everything was tried once; the model that was asked for again, after a pause.
    current = 0
    leaveTrial()
    spent = Spent(permitted: spent.permitted)
    spent.places = barred
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
    if deployment, let last { spent.deployments.append(last.deployment) }
    return step(count == 0 ? .first : .retry, random: &random, choose: choose)
      ?? .stop(.candidatesSpent)
  }

  /// An attempt beside the one that goes on: of the same model, at another endpoint. Nil where there is none, or no attempt is left.
  package mutating func hedge(random: inout Chance, choose: Choose) -> Step? {
    guard hasAttemptsLeft, current < stages.count, let other = last else { return nil }
    let stage = stages[current]
    var spent = spent
    spent.endpoint = other.endpoint
    guard let place = choose(stage.model, spent, &random) else { return nil }
    self.spent.places.append(place)
    last = place
    count += 1
    let candidate = RoutingTable.Candidate(
      model: stage.model, deployment: place.deployment, fallback: stage.fallback)
    return Step(candidate: candidate, endpoint: place.endpoint, reason: .hedge, backoff: 0)
  }

  /// Of two attempts that went on, one failed: the other is the last one now.
  package mutating func drop(_ failed: Step, after verdict: Classification, leaving other: Step) {
    if verdict.retry == .elsewhere {
      barred.append(Place(deployment: failed.candidate.deployment, endpoint: failed.endpoint))
    }
    last = Place(deployment: other.candidate.deployment, endpoint: other.endpoint)
  }

  /// What is to be done once there may be room where there was none: chosen anew, from the model that was asked for on. `tookStep`: the
  /// last step is taken back, as its endpoint was full by the time that it was to begin.
  package mutating func again(
    tookStep: Bool, random: inout Chance, choose: Choose, mayRetry: () -> Bool
  ) -> Next {
    if tookStep {
      count -= 1
      if let last, spent.places.last == last { spent.places.removeLast() }
    }
    guard hasAttemptsLeft else { return .stop(.attemptsSpent) }
    current = 0
    let before = self
    guard let next = step(count == 0 ? .first : .retry, random: &random, choose: choose) else {
      return .stop(.candidatesSpent)
    }
    // A step that was taken back was granted before.
    return count == 1 || tookStep ? next : granted(next, else: before, mayRetry)
  }

  /// A version on trial that has failed is not asked again, at whatever endpoint: what it is tried against is next.
  private mutating func leaveTrial() {
    if current < stages.count - 1, stages[current].isTrial { current += 1 }
  }

  private mutating func granted(_ next: Next, else before: AttemptPlan, _ mayRetry: () -> Bool) -> Next {
    if mayRetry() { return next }
    self = before
    return .stop(.budgetSpent)
  }

  private mutating func step(
    _ reason: Step.Reason, random: inout Chance, choose: Choose
  ) -> Next? {
    while current < stages.count {
      let stage = stages[current]
      guard let place = choose(stage.model, spent, &random) else {
        current += 1
        continue
      }
      spent.places.append(place)
      last = place
      count += 1
      let candidate = RoutingTable.Candidate(
        model: stage.model, deployment: place.deployment, fallback: stage.fallback)
      let reason = stage.fallback > 0 ? .fallback : reason
      return .attempt(Step(candidate: candidate, endpoint: place.endpoint, reason: reason, backoff: 0))
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
