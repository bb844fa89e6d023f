import Logging
import Policy
import Settings
import Synchronization
import Telemetry

/// How much of what comes a worker refuses as it has too much to do already. Confined to its loop.
struct Shedding {
  enum Reason: String, CaseIterable { case lag, buffers }

  /// Nanoseconds between two lines of the log.
  private static let noticeInterval: Int64 = 30_000_000_000
  /// From the end of a tick to the begin of the next.
  private static let tick: Int64 = 100_000_000

  private(set) var lag = LoopLag()
  private var share = 0
  private var tickedAt: Int64?
  private var noticedAt: Int64?

  /// A tick begins.
  mutating func tickBegins(now: Int64) {
    guard let tickedAt else { return }
    lag.add(now - tickedAt - Self.tick)
    share = SheddingRule.share(lag: lag.median)
  }

  mutating func tickEnds(now: Int64) { tickedAt = now }

  /// Why a new request is refused; nil where it isn't.
  func verdict(buffered: Int, limit: Int, _ random: inout Chance) -> Reason? {
    if share > 0, random.below(1_000) < share { return .lag }
    guard buffered > limit / 2 else { return nil }
    return random.below(1_000) < SheddingRule.share(buffered: buffered, limit: limit) ? .buffers : nil
  }

  /// Whether what nobody waits for has to stand back: long before anybody is refused.
  func isBusy(buffered: Int, limit: Int) -> Bool {
    lag.median > Self.busyLag || buffered > limit / 4
  }

  /// Nanoseconds.
  private static let busyLag: Int64 = 100_000_000

  /// Whether that is worth a line of the log.
  mutating func isNews(now: Int64) -> Bool {
    if let noticedAt, now - noticedAt < Self.noticeInterval { return false }
    noticedAt = now
    return true
  }
}

extension Worker {
  /// Refuses a request for a model before anything of it is read, where the replica itself is overloaded (algorithms §7). What asks how
  /// it is, what runs already and what settles are never refused.
  func shed(_ exchange: Exchange) throws(ExchangeError) {
    let buffered = shared.buffered.load(ordering: .relaxed)
    let limit = exchange.snapshot.settings.server.maxBuffered.count
    guard let reason = shedding.verdict(buffered: buffered, limit: limit, &random) else { return }
    shard.increment(series.shed(reason))
    if shedding.isNews(now: SystemClock.monotonicNanoseconds()) {
      logger.warning(
        "requests are refused, as this replica is overloaded",
        metadata: [
          "reason": "\(reason.rawValue)", "lag_ms": "\(shedding.lag.median / 1_000_000)",
          "buffered_bytes": "\(buffered)",
        ])
    }
    throw .shed
  }
}
