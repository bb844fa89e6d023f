/// When a replica tells what it has in flight, and when it asks what all have (algorithms §3.3 and its rulings).
///
/// What changed is told ten times a second, what did not each second, so that it goes on counting. What all have is read every fifth
/// of a second, less often where there are many replicas, and never beyond `Balancer.mostReplicas`.
package struct LoadSharing: Sendable {
  /// What is to be sent now.
  package struct Turn: Equatable, Sendable {
    /// Grows with each.
    package var sequence: Int64
    package var loads: EndpointLoads
    package var wantsAll: Bool
    /// It is this replica's turn to remove old entries: one of all does each second.
    package var sweeps: Bool
  }

  /// Milliseconds between turns; less by what a timer may come early.
  package static let period: Int64 = 100
  private static let repetition: Int64 = 1_000
  private static let early: Int64 = 5

  private var sequence: Int64 = 0
  private var last: Int64?
  private var readAt: Int64?
  private var toldAt: Int64?
  private var sweptAt: Int64?
  private var told: EndpointLoads?

  package init() {}

  /// Milliseconds between two readings of what all have; nil where there are too many to read.
  package static func reading(replicas: Int) -> Int64? {
    replicas > Balancer.mostReplicas ? nil : max(200, 5 * Int64(replicas))
  }

  /// Whether it is worth counting what is in flight. `now`: monotonic milliseconds.
  package func isDue(_ now: Int64) -> Bool { Self.has(Self.period, passedSince: last, now) }

  /// Nil where there is nothing to say.
  package mutating func next(_ loads: EndpointLoads, replicas: Int, now: Int64) -> Turn? {
    guard isDue(now) else { return nil }
    let wantsAll = Self.reading(replicas: replicas).map { Self.has($0, passedSince: readAt, now) } ?? false
    guard wantsAll || told != loads || Self.has(Self.repetition, passedSince: toldAt, now) else { return nil }
    let sweeps = Self.has(1_000 * Int64(replicas), passedSince: sweptAt, now)
    sequence += 1
    (last, toldAt, told) = (now, now, loads)
    if wantsAll { readAt = now }
    if sweeps { sweptAt = now }
    return Turn(sequence: sequence, loads: loads, wantsAll: wantsAll, sweeps: sweeps)
  }

  /// Nobody knows whether it was heard: it is said again at the next turn.
  package mutating func failed() { (told, readAt) = (nil, nil) }

  private static func has(_ period: Int64, passedSince moment: Int64?, _ now: Int64) -> Bool {
    moment.map { now - $0 >= period - early } ?? true
  }
}
