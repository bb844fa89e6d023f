import Logging
import Policy
import Telemetry
import Upstream

/// Asks endpoints about their load over HTTP, for all workers of the replica. Confined to one worker's loop; times are monotonic
/// milliseconds.
final class LoadProbes {
  private final class Question {
    let until: Int64
    var probe: EndpointProbe?

    init(until: Int64) { self.until = until }
  }

  private var pools: [ObjectIdentifier: any TransferPool] = [:]
  private var running: [Question] = []
  /// Endpoints that can't be asked, which is told once for each configuration.
  private var told: Set<ObjectIdentifier> = []
  private let logger: Logger

  init(_ logger: Logger) { self.logger = logger }

  /// Bytes of an answer that are read.
  private static let mostBytes = 1 << 20
  /// Milliseconds that an answer may take.
  private static let patience: Int64 = 2_000

  /// Ten times a second: asks the endpoints whose time has come.
  func tick(_ snapshot: Snapshot, _ upstream: UpstreamClient, now: Int64) {
    for question in running where now > question.until { question.probe?.giveUp("no answer in time") }
    running.removeAll { $0.probe == nil }
    for load in snapshot.loads where load.endpoint.reported.isDue(every: load.every, now: now) {
      guard let pool = pool(load, upstream) else { continue }
      let question = Question(until: now + Self.patience)
      question.probe = EndpointProbe(keeping: Self.mostBytes) { [weak question] end in
        question?.probe = nil
        Self.take(end, of: load.endpoint)
      }
      running.append(question)
      question.probe?.start(on: pool)
    }
  }

  private static func take(_ end: EndpointProbe.End, of endpoint: Endpoint) {
    guard case .answered(200, let body) = end, body.count < mostBytes,
      let gauges = ServerGauges(String(decoding: body, as: UTF8.self))
    else { return }
    endpoint.reported.take(
      gauges, known: endpoint.inFlight + endpoint.others,
      now: SystemClock.monotonicNanoseconds() / 1_000_000)
  }

  private func pool(_ load: Snapshot.Load, _ upstream: UpstreamClient) -> (any TransferPool)? {
    let key = ObjectIdentifier(load.endpoint)
    if let pool = pools[key] { return pool }
    do {
      pools[key] = try upstream.pool(load.endpoint.target(ofPath: load.path, showsKey: true))
    } catch {
      if told.insert(key).inserted {
        logger.error(
          "an endpoint can't be asked for its load",
          metadata: ["endpoint": "\(load.endpoint.id)", "reason": "\(error)"])
      }
    }
    return pools[key]
  }

  /// Another configuration may ask elsewhere.
  func forget() {
    for pool in pools.values { pool.retire() }
    pools.removeAll()
    told.removeAll()
  }

  func close() {
    for question in running { question.probe?.giveUp("the replica ends") }
    running.removeAll()
    forget()
  }
}
