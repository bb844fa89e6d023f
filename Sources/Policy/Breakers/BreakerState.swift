/// What replicas share of one breaker. Times are milliseconds of the clock that the breaker is kept by: Redis', or a replica's own.
///
///     closed → open → half → closed
///                 ↖︎____↙︎
///
/// Each arrow begins a new generation; what belongs to another one is ignored.
package struct BreakerState: Equatable, Sendable {
  package enum Phase: String, Sendable, CaseIterable { case closed, open, half }

  /// Why the phase began.
  package enum Reason: String, Sendable, CaseIterable {
    /// Nothing has ever happened, or it is forgotten.
    case new
    /// Too large a part of the calls failed, or was slow.
    case rate, slow
    /// A replica could not connect, several times in a row.
    case connect
    /// It fails far more often than the rest of its pool.
    case outlier
    /// A probe failed; not all were heard of in time.
    case probeFailed = "probe-failed"
    case probeLost = "probe-lost"
    /// The time to be open is over.
    case due
    /// All probes succeeded.
    case recovered
    /// Redis had forgotten a generation that a replica knows.
    case restored
  }

  package var phase = Phase.closed
  /// Rises with each phase; at least the clock, so that it rises where Redis has forgotten it too.
  package var generation: Int64 = 0
  package var since: Int64 = 0
  /// When an open breaker may be probed, when probes of a half-open one are lost; and how long that was when it was written.
  package var until: Int64 = 0
  package var span: Int64 = 0
  /// Openings in a row.
  package var opens: Int64 = 0
  /// Probes of this generation that were started, and those that succeeded.
  package var issued: Int64 = 0
  package var succeeded: Int64 = 0
  package var reason = Reason.new
  /// The endpoint asked to be left alone until then (0: never did), and how long that was when it was written. Of no generation.
  package var coolUntil: Int64 = 0
  package var coolSpan: Int64 = 0

  /// How far beyond its own length an instant may lie before it is taken for one of a clock that has gone back.
  package static let tolerance: Int64 = 5_000
  /// Milliseconds that it is remembered beyond its last use and its last instant.
  static let kept: Int64 = 3_600_000

  package init() {}

  /// Whether there is anything to keep.
  package var isKnown: Bool { generation > 0 || coolUntil > 0 }

  package func left(_ now: Int64) -> Int64 { max(0, Self.left(until, span, now) ?? 0) }
  package func coolLeft(_ now: Int64) -> Int64 { max(0, cool(now) ?? 0) }

  /// Milliseconds until a cooldown ends; below zero since it has ended. Nil: there was none.
  package func cool(_ now: Int64) -> Int64? { coolUntil == 0 ? nil : Self.left(coolUntil, coolSpan, now) }

  /// Nil where the clock has gone back since it was written.
  private static func left(_ until: Int64, _ span: Int64, _ now: Int64) -> Int64? {
    let left = until - now
    return left > span + tolerance ? nil : min(left, span)
  }

  /// Milliseconds that it is kept from now on.
  func lifetime(_ now: Int64) -> Int64 { Self.kept + max(left(now), coolLeft(now)) }

  /// Begins a phase; what was said of the last one is over.
  mutating func go(_ phase: Phase, _ reason: Reason, for span: Int64, now: Int64) {
    (self.phase, self.reason, since) = (phase, reason, now)
    (until, self.span) = (span == 0 ? 0 : now + span, span)
    generation = max(generation + 1, now)
    (issued, succeeded) = (0, 0)
  }

  /// As replicas are told.
  package func status(_ now: Int64) -> BreakerStatus {
    BreakerStatus(
      phase: phase, generation: generation, left: left(now), cool: cool(now), age: max(0, now - since),
      opens: opens, issued: issued, succeeded: succeeded, reason: reason)
  }
}

/// What a script tells of a breaker, and what is published when it changes: no instants, so that nobody needs Redis' clock.
package struct BreakerStatus: Equatable, Sendable {
  package var phase: BreakerState.Phase
  package var generation: Int64
  /// Milliseconds until an open breaker may be probed, or until the probes of a half-open one are lost.
  package var left: Int64
  /// Milliseconds until a cooldown ends; below zero since it has ended.
  package var cool: Int64?
  /// Milliseconds since the phase began.
  package var age: Int64
  package var opens: Int64
  package var issued: Int64
  package var succeeded: Int64
  package var reason: BreakerState.Reason

  package init(
    phase: BreakerState.Phase, generation: Int64, left: Int64, cool: Int64?, age: Int64, opens: Int64,
    issued: Int64, succeeded: Int64, reason: BreakerState.Reason
  ) {
    (self.phase, self.generation, self.left, self.cool) = (phase, generation, left, cool)
    (self.age, self.opens, self.issued, self.succeeded) = (age, opens, issued, succeeded)
    self.reason = reason
  }

  /// `<phase> <generation> <left> <cool or -> <age> <opens> <issued> <succeeded> <reason>`
  package var line: String {
    "\(phase.rawValue) \(generation) \(left) \(cool.map { "\($0)" } ?? "-") \(age) \(opens) \(issued) "
      + "\(succeeded) \(reason.rawValue)"
  }

  /// Nil where it makes no sense.
  package init?(_ line: Substring) {
    let words = line.split(separator: " ", omittingEmptySubsequences: false)
    guard words.count == 9, let phase = BreakerState.Phase(rawValue: String(words[0])),
      let reason = BreakerState.Reason(rawValue: String(words[8]))
    else { return nil }
    let numbers = [1, 2, 4, 5, 6, 7].compactMap { Int64(words[$0]) }
    let cool = Int64(words[3])
    guard numbers.count == 6, numbers.allSatisfy({ $0 >= 0 }), cool != nil || words[3] == "-" else {
      return nil
    }
    self.init(
      phase: phase, generation: numbers[0], left: numbers[1], cool: cool, age: numbers[2], opens: numbers[3],
      issued: numbers[4], succeeded: numbers[5], reason: reason)
  }
}
