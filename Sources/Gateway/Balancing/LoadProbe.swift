import Policy
import Telemetry
import Upstream

/// One question to an endpoint about its load, over HTTP.
final class LoadProbe: TransferConsumer {
  /// Bytes of an answer that are read.
  private static let limit = 1 << 20
  /// Milliseconds that an answer may take.
  private static let patience: Int64 = 2_000

  private let endpoint: Endpoint
  private let startedAt: Int64
  private var status = 0
  private var bytes: [UInt8] = []
  private(set) var transfer: (any Transfer)?
  private(set) var isOver = false

  /// `now`: monotonic milliseconds.
  init(_ endpoint: Endpoint, now: Int64) { (self.endpoint, startedAt) = (endpoint, now) }

  func start(on pool: any TransferPool) {
    let request = TransferRequest(body: UnsafeRawBufferPointer(start: nil, count: 0), bodyOwner: nil)
    let transfer = try? pool.start(request, consumer: self)
    if transfer == nil { isOver = true }
    if !isOver { self.transfer = transfer }
  }

  /// Gives it up where it takes too long.
  func check(now: Int64) { if now - startedAt > Self.patience { cancel() } }

  func cancel() {
    guard !isOver else { return }
    isOver = true
    transfer?.cancel()
    transfer = nil
  }

  // MARK: TransferConsumer

  func transferReceivedHead(_ head: borrowing UpstreamHead) { status = head.status }

  func transferReceived(_ piece: UnsafeRawBufferPointer) -> TransferFlow {
    guard bytes.count + piece.count <= Self.limit else {
      cancel()
      return .more
    }
    bytes.append(contentsOf: piece)
    return .more
  }

  func transferBatchEnded() {}

  func transferEnded(_ failure: TransferFailure?) {
    transfer = nil
    isOver = true
    guard failure == nil, status == 200, let gauges = ServerGauges(String(decoding: bytes, as: UTF8.self))
    else { return }
    endpoint.reported.take(
      gauges, known: endpoint.inFlight + endpoint.others,
      now: SystemClock.monotonicNanoseconds() / 1_000_000)
  }
}

/// The questions that one worker asks. Confined to its loop.
final class LoadProbes {
  private var pools: [ObjectIdentifier: any TransferPool] = [:]
  private var running: [LoadProbe] = []

  /// Ten times a second: asks the endpoints whose time has come. `now`: monotonic milliseconds.
  func tick(_ snapshot: Snapshot, _ upstream: UpstreamClient, now: Int64) {
    for probe in running { probe.check(now: now) }
    running.removeAll(where: \.isOver)
    for load in snapshot.loads where load.endpoint.reported.isDue(every: load.every, now: now) {
      guard let pool = pool(load, upstream) else { continue }
      let probe = LoadProbe(load.endpoint, now: now)
      probe.start(on: pool)
      if !probe.isOver { running.append(probe) }
    }
  }

  private func pool(_ load: Snapshot.Load, _ upstream: UpstreamClient) -> (any TransferPool)? {
    let key = ObjectIdentifier(load.endpoint)
    if let pool = pools[key] { return pool }
    pools[key] = try? upstream.pool(load.endpoint.target(ofPath: load.path))
    return pools[key]
  }

  /// Another configuration may ask elsewhere.
  func forget() {
    for pool in pools.values { pool.retire() }
    pools.removeAll()
  }

  func close() {
    for probe in running { probe.cancel() }
    running.removeAll()
    forget()
  }
}
