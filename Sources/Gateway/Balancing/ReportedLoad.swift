import Policy
import Synchronization

/// What an endpoint itself said of its load when it was last asked; all workers of the replica read it.
final class ReportedLoad: Sendable {
  /// Milliseconds after which what was said is of no use any more.
  private static let lifetime: Int64 = 5_000

  /// Monotonic milliseconds; 0: never.
  private let asked = Atomic<Int64>(0)
  private let told = Atomic<Int64>(0)
  private let foreignCount = Atomic<Int>(0)
  /// The bits of a `Double`.
  private let roomBits = Atomic<UInt64>(0)

  /// Whether it is time to ask; true for one worker only.
  func isDue(every period: Int64, now: Int64) -> Bool {
    let last = asked.load(ordering: .relaxed)
    return now - last >= period
      && asked.compareExchange(expected: last, desired: now, ordering: .relaxed).exchanged
  }

  /// `known` of the requests are those of this router's replicas, which count them live.
  func take(_ gauges: ServerGauges, known: Int, now: Int64) {
    foreignCount.store(max(0, Int(min(gauges.requests, 1e6)) - known), ordering: .relaxed)
    roomBits.store(max(0.05, 1 - (gauges.cacheUse ?? 0)).bitPattern, ordering: .relaxed)
    told.store(now, ordering: .relaxed)
  }

  /// Requests of others than this router, and the share of the cache that is free; nil where nothing is known.
  func value(now: Int64) -> (foreign: Int, room: Double)? {
    let at = told.load(ordering: .relaxed)
    guard at > 0, now - at < Self.lifetime else { return nil }
    return (foreignCount.load(ordering: .relaxed), Double(bitPattern: roomBits.load(ordering: .relaxed)))
  }
}
