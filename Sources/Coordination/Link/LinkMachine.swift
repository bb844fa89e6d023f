import Policy

/// When a link to a Redis connects, greets, is there, and tries again: a value that is told what happens and says what to do.
///
///     idle → connecting → greeting → ready         (greeting, ready → leaving, where it is refused or dropped)
///               ↖︎ waiting ←↙︎←←←←←←↙︎                 closed from everywhere
struct LinkMachine {
  enum State: Equatable { case idle, connecting, greeting, leaving, ready, waiting, closed }

  /// After `start` and after a pause.
  enum Begin: Equatable { case connect, none }
  /// After a connection was made.
  enum Meet: Equatable {
    case greet
    /// Nobody wants it any more.
    case discard
  }
  /// After a greeting was answered.
  enum Answer: Equatable { case announce, discard, none }
  /// After it was found that another server is the right one.
  enum Drop: Equatable {
    /// `wasReady` tells a loss.
    case discard(wasReady: Bool)
    case none
  }
  /// After a connection, or the attempt at one, has ended.
  enum End: Equatable {
    /// Try again after so long; `wasReady` tells a loss from one more failure.
    case wait(nanoseconds: Int64, wasReady: Bool)
    case none
  }

  static let firstPause: Int64 = 50_000_000
  static let longestPause: Int64 = 2_000_000_000

  private(set) var state = State.idle
  private var failures = 0

  mutating func start() -> Begin {
    guard state == .idle else { return .none }
    state = .connecting
    return .connect
  }

  mutating func connected() -> Meet {
    guard state == .connecting else { return .discard }
    state = .greeting
    return .greet
  }

  mutating func greeted(accepted: Bool) -> Answer {
    guard state == .greeting else { return .none }
    guard accepted else {
      state = .leaving
      return .discard
    }
    state = .ready
    failures = 0
    return .announce
  }

  mutating func drop() -> Drop {
    switch state {
    case .idle, .connecting, .leaving, .waiting, .closed: return .none
    case .greeting, .ready:
      defer { state = .leaving }
      return .discard(wasReady: state == .ready)
    }
  }

  /// Full jitter, so that replicas don't come back to a Redis in step; at least a fifth, so that none hammers it.
  mutating func ended(random: inout Chance) -> End {
    switch state {
    case .idle, .waiting, .closed: return .none
    case .connecting, .greeting, .leaving, .ready:
      let wasReady = state == .ready
      state = .waiting
      let ceiling = min(Self.longestPause, Self.firstPause << Int64(min(failures, 10)))
      failures += 1
      return .wait(
        nanoseconds: ceiling / 5 + Int64(random.below(Int(ceiling * 4 / 5) + 1)), wasReady: wasReady)
    }
  }

  mutating func waited() -> Begin {
    guard state == .waiting else { return .none }
    state = .connecting
    return .connect
  }

  /// True where there is a connection to be closed.
  mutating func close() -> Bool {
    defer { state = .closed }
    return state == .greeting || state == .leaving || state == .ready
  }
}
