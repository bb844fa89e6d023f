import Policy

/// When a cluster's map is read: at start, when something shows that it is old, and now and then; at most once a second, and with
/// jitter, so that loops and replicas don't ask in step. All times are monotonic nanoseconds.
struct MapSchedule {
  /// After an event.
  enum Action: Equatable {
    case none
    /// Ask after so long, in place of what was to be asked later.
    case ask(after: Int64)
  }

  private enum State: Equatable { case idle, waiting(until: Int64), asking }

  static let spacing: Int64 = 1_000_000_000
  static let jitter: Int64 = 100_000_000
  static let period: Int64 = 30_000_000_000

  private var state = State.idle
  private var lastAsked: Int64?
  private var isWantedAgain = false

  /// The map is missing, or known to be old.
  mutating func wanted(now: Int64, random: inout Chance) -> Action {
    if state == .asking {
      isWantedAgain = true
      return .none
    }
    let earliest = max(now, (lastAsked ?? now - Self.spacing) + Self.spacing)
    if case .waiting(let until) = state, until <= earliest + Self.jitter { return .none }
    let isFirst = lastAsked == nil
    return wait(until: earliest + (isFirst ? 0 : Int64(random.below(Int(Self.jitter)))), now)
  }

  /// The time to ask has come.
  mutating func asked(now: Int64) {
    state = .asking
    lastAsked = now
    isWantedAgain = false
  }

  /// The map came, or didn't.
  mutating func answered(isMap: Bool, now: Int64, random: inout Chance) -> Action {
    state = .idle
    if !isMap || isWantedAgain { return wanted(now: now, random: &random) }
    return wait(until: now + Self.period + Int64(random.below(Int(Self.period))), now)
  }

  private mutating func wait(until time: Int64, _ now: Int64) -> Action {
    state = .waiting(until: time)
    return .ask(after: time - now)
  }
}
