import Policy

/// A provider's endpoint: how it is changes every few seconds, and decides how calls end.
final class SimulatedEndpoint {
  /// `flaky` comes only by decree: too seldom to open a breaker, and far more often than elsewhere.
  enum Mood { case well, refusing, resetting, failing, hanging, limiting, slow, flaky }
  private static let moods: [Mood] = [.well, .refusing, .resetting, .failing, .hanging, .limiting, .slow]

  struct End {
    var after: Int64
    var status = 200
    /// A failure of the transport, in place of an answer.
    var failure: Classification.Reason?
    /// Seconds.
    var retryAfter: Int64?
  }

  private let world: World
  private(set) var mood = Mood.well
  /// The caller whose requests it answers with 500, while all others' go well.
  var poisoned: UInt64?

  init(_ world: World) { self.world = world }

  func begin(until end: Int64) {
    world.after(world.between(500, 8_000)) { [self] in
      guard world.now < end else { return }
      mood = mood != .well || world.chance(40) ? .well : Self.moods[world.random.below(7)]
      begin(until: end)
    }
  }

  func becomeFlaky() { mood = .flaky }

  func heal() { (mood, poisoned) = (.well, nil) }

  func call(by caller: UInt64, firstByte: Int64) -> End {
    let usual = world.between(5, 300)
    if caller == poisoned { return End(after: usual, status: 500) }
    switch mood {
    case .well: return End(after: usual)
    case .flaky: return End(after: usual, status: world.chance(30) ? 500 : 200)
    case .refusing: return End(after: 1, failure: .connect)
    case .resetting: return End(after: world.between(1, 50), failure: .reset)
    case .failing: return End(after: world.between(1, 50), status: world.chance(50) ? 500 : 503)
    case .hanging: return End(after: firstByte, failure: .firstByteTimeout)
    case .limiting:
      return End(after: 5, status: 429, retryAfter: world.chance(70) ? world.between(1, 4) : nil)
    case .slow: return End(after: world.between(600, firstByte - 1))
    }
  }
}
