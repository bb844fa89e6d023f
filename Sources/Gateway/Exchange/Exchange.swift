import Coordination
import Dialects
import NIOCore
import Policy
import Settings
import Synchronization
import Telemetry

/// One request with its answer, from the first byte in to the settlement.
///
/// Confined to its worker's loop: the connection reports what the client does, the pipeline moves it on, and the settlement
/// reads what it has become. It ends in exactly one outcome.
// @unchecked Sendable: its task and its connection both run on the worker's loop and nowhere else; the compiler sees two owners
// because the connection enters the worker by `assumeIsolated`.
final class Exchange: @unchecked Sendable {
  let head: RequestHead
  let id: String
  let snapshot: Snapshot
  let connection: Connection
  let startedAt: Int64
  /// Milliseconds since 1970: prices are those of its begin.
  let beganAt: Int64
  /// From 1: the number of the call that it is, of those that another exchange makes; 0: it is a client's own.
  let branch: Int
  /// Of such a call: the highest class in which the other exchange waits, whichever rule holds for this one.
  private(set) var priority: Priority?
  /// Monotonic nanoseconds.
  private let deadline: Int64
  /// The client asked for less time than the router gives.
  private let deadlineIsClients: Bool
  private var isStopping = false

  // What the pipeline finds out, phase by phase.
  var surface: Surface?
  var principal: Principal?
  var facts: RequestFacts?
  /// The position of the model that was asked for, or that serves its arm of an experiment.
  var model: Int?
  /// The position of the rule that matched; nil where none did.
  var rule: Int?
  /// Why it goes where it costs less; nil where it doesn't.
  var steering: Steering?
  /// The classes of data that it has.
  var dataClasses: DataClassSet = []
  /// What of its session is left behind hashing, and whether that has rejected its last answer; where some rule asks.
  var session: UInt64?
  var hasRejected = false
  /// The deployments that may serve it; nil: all.
  var permitted: DeploymentSet?
  /// Nil where it takes part in none.
  var part: ExperimentTable.Part?
  /// Which version of it this is for; nil where nothing was decided about its versions.
  var arm: Arm?
  /// The deployment that a learned choice has drawn for its first attempt; nil where none has.
  var drawn: DrawnDeployment?
  var hasDrawn = false
  /// What was masked in its request; nil where nothing was.
  var placeholders: Placeholders?
  /// What the first attempt at that version came to.
  var ownVerdict: Classification?
  var attempts = 0
  /// What its attempts come to, where that is kept; nil where it isn't.
  var traces: [AttemptTrace]?
  var attempt: Attempt?
  /// Goes on beside `attempt`, until either can be judged.
  var rival: Attempt?
  var hedge: HedgeEnd?
  /// The models that are asked together; nil where one is.
  var ensemble: EnsembleRun?
  /// Ends the pause before its next attempt.
  var pause: Pause?
  /// Why endpoints were left out that would have answered too late.
  var shortTime: ShortTime?
  var answer = AnswerRecord()

  // Where endpoints take only so many requests at a time.
  /// Its place at the endpoint of the attempt that it is about to make.
  var slot: Slot?
  /// Those that could be used, but for their being full, when it was last looked for one.
  var full: [Endpoint] = []
  /// Some of the model that it asked for have been full.
  var metFull = false
  /// Nothing is full but for this replica, whose turn is to come: it waits for that before it goes elsewhere, once.
  var turn = TurnWait.none
  /// Its place in the queue, while it waits or looks where else it can go.
  var waiter: Waiter?
  /// The class in which it waited, or would have.
  var queueClass: Priority?
  /// Since when it first waited, in milliseconds.
  var waitsSince: Int64?
  /// Why it waits no longer, and has no place.
  var turnedAway: ExchangeError?

  // What its limits were asked for, and what they gave.
  var demand = Demand.nothing
  /// The demand before the first attempt, without what was charged since.
  var estimate = Demand.nothing
  var isAdmitted = false
  var grant: Grant?
  var attemptGrant: Grant?
  var limitHeaders: LimitHeaders?
  var isLimitedLocally = false

  // What it has to do with the cache; nil where there is none.
  var cache: CacheVisit?
  var cacheStatus: CacheStatus?
  var cacheResult: CacheResult?
  /// What a copy of it needs, once its client has its answer.
  var shadow: ShadowSeed?
  /// What is kept of it, where it is looked at again.
  var audit: AuditSeed?
  /// What its client is sent of a stream that others may read too.
  var reader: LiveReader?

  private(set) var isGone = false
  /// The worker looks after it, connection or not.
  var isAttended = false
  private(set) var bytesIn = 0
  private let shared: SharedCounts
  private var buffered = 0
  private var bytes: PaddedBytes?
  private var bodyEnd = Signal<BodyEnd>()

  private enum BodyEnd: Sendable { case whole, failed(ExchangeError) }

  init(
    _ head: RequestHead, id: String, snapshot: Snapshot, shared: SharedCounts, connection: Connection,
    now: Int64
  ) {
    self.head = head
    self.id = id
    self.snapshot = snapshot
    self.shared = shared
    self.connection = connection
    startedAt = now
    beganAt = SystemClock.wallMilliseconds()
    branch = 0
    let allowance = Self.allowance(head, snapshot)
    deadline = now + allowance
    deadlineIsClients = allowance < snapshot.limits.request
    shared.exchanges.wrappingAdd(1, ordering: .relaxed)
  }

  /// One of several calls that another exchange makes: it has that one's client, time and caller, and limits, attempts and usage of its
  /// own.
  init(branch: Int, of exchange: Exchange) {
    (head, id, snapshot, shared) = (exchange.head, exchange.id, exchange.snapshot, exchange.shared)
    (connection, startedAt, beganAt) = (exchange.connection, exchange.startedAt, exchange.beganAt)
    (deadline, deadlineIsClients) = (exchange.deadline, exchange.deadlineIsClients)
    self.branch = branch
    priority = exchange.highestPriority
    (surface, principal, dataClasses) = (exchange.surface, exchange.principal, exchange.dataClasses)
    (isGone, isStopping) = (exchange.isGone, exchange.isStopping)
    if exchange.traces != nil { traces = [] }
  }

  deinit {
    if branch == 0 { shared.exchanges.wrappingSubtract(1, ordering: .relaxed) }
    releaseBody()
  }

  /// Whether the client asks for no time, or for a whole number of milliseconds above 0.
  static func isValidAllowance(_ head: RequestHead) -> Bool {
    guard let asked = head.string(.xRequestTimeoutMs) else { return true }
    return Int64(asked).map { $0 > 0 } ?? false
  }

  /// The time for the whole exchange: the server's, or less if the client says so.
  static func allowance(_ head: RequestHead, _ snapshot: Snapshot) -> Int64 {
    let limit = snapshot.limits.request
    guard let asked = head.string(.xRequestTimeoutMs).flatMap(Int64.init), asked > 0 else { return limit }
    return asked < limit / 1_000_000 ? asked * 1_000_000 : limit
  }

  // MARK: The body

  /// The whole body, once it has come. Asks for it first where the client waits to be asked.
  nonisolated(nonsending) func body() async throws(ExchangeError) -> PaddedBytes {
    if !bodyEnd.isFilled, head.expectsContinue, bytesIn == 0 { connection.sendContinue() }
    let end: BodyEnd
    if let known = bodyEnd.value {
      end = known
    } else {
      end = await withUnsafeContinuation { bodyEnd.wait($0) }
    }
    switch end {
    case .whole: return bytes ?? PaddedBytes()
    case .failed(let error): throw error
    }
  }

  func receive(_ slice: ByteBuffer) {
    guard !bodyEnd.isFilled else { return }
    let count = slice.readableBytes
    bytesIn += count
    guard shared.reserve(count, limit: snapshot.settings.server.maxBuffered.count) else {
      return bodyEnd.fill(.failed(.overloaded))
    }
    buffered += count
    let bytes = self.bytes ?? PaddedBytes(capacity: firstCapacity(count))
    self.bytes = bytes
    slice.withUnsafeReadableBytes { bytes.append($0) }
  }

  /// Room for the declared length, but not for more than was sent many times over: a declaration costs the client nothing.
  private func firstCapacity(_ received: Int) -> Int {
    guard case .length(let length) = head.body else { return received }
    return min(length, max(received * 16, 64 << 10))
  }

  func bodyEnded() { bodyEnd.fill(.whole) }

  /// The rest of the request can't be had.
  func requestBroke(_ error: ExchangeError) { bodyEnd.fill(.failed(error)) }

  /// Lets go of the body's memory: nothing will be sent upstream any more.
  func releaseBody() {
    guard buffered > 0 else { return }
    shared.buffered.wrappingSubtract(buffered, ordering: .relaxed)
    buffered = 0
    bytes = nil
  }

  // MARK: What happens to it

  func clientGone() {
    isGone = true
    bodyEnd.fill(.failed(.clientGone))
    pause?.end()
    cache?.cancel()
    waiter?.leave(.left)
    ensemble?.clientGone()
    leaveReader(.clientGone)
    if !isAwaitedByOthers || attempt?.isPrivate == true {
      attempt?.leave(.clientGone)
      rival?.leave(.clientGone)
    }
  }

  /// It is a branch, and another one's answer is taken: it ends.
  func dismiss() {
    attempt?.abort(.branchLost)
    rival?.abort(.branchLost)
    clientGone()
  }

  /// Others wait for the answer that it fetches, so it does so without its client too.
  var isAwaitedByOthers: Bool {
    guard let flight = cache?.flight, attempt?.finalVerdict == nil else { return false }
    return !flight.waiters.isEmpty
  }

  private func leaveReader(_ verdict: Classification) {
    guard let reader, !reader.hasEnded else { return }
    answer.answeredAt = SystemClock.monotonicNanoseconds()
    reader.leave(verdict)
  }

  func mayWrite() {
    reader?.mayWrite()
    attempt?.mayWrite()
  }

  /// Once in a tick: whether its time is up.
  func check(now: Int64) {
    if now > deadline {
      bodyEnd.fill(.failed(.deadline(isClients: deadlineIsClients)))
      pause?.end()
      cache?.cancel()
      waiter?.leave(.left)
      leaveReader(.deadline(isClients: deadlineIsClients))
      attempt?.leave(.deadline(isClients: deadlineIsClients))
      rival?.leave(.deadline(isClients: deadlineIsClients))
    }
    attempt?.check(now: now)
    rival?.check(now: now)
    waiter?.check(now / 1_000_000, isTroubled: !snapshot.breakers.trouble.isNone)
  }

  /// The replica stops and can't wait any longer.
  func endNow() {
    isStopping = true
    bodyEnd.fill(.failed(.stopping))
    pause?.end()
    cache?.cancel()
    waiter?.leave(.left)
    leaveReader(.stopping)
    attempt?.abort(.stopping)
    rival?.abort(.stopping)
  }

  /// Milliseconds until its deadline, none behind it.
  func timeLeft(now: Int64) -> Int64 { max(0, deadline - now) / 1_000_000 }

  /// Why there may be no further attempt; nil where there may.
  func obstacle(now: Int64) -> ExchangeError? {
    if isGone { return .clientGone }
    if isStopping { return .stopping }
    return now > deadline ? .deadline(isClients: deadlineIsClients) : nil
  }

  /// Why there was none, where nobody would have answered in time.
  var tooLate: ExchangeError? { shortTime.map { .tooLate($0, isClients: deadlineIsClients) } }
}

/// What the log and the metrics say of an answer.
struct AnswerRecord {
  var status = 0
  var error: ExchangeError?
  var verdict: Classification?
  var candidate: RoutingTable.Candidate?
  var endpoint: Int?
  var firstByteAt: Int64?
  /// Nanoseconds spent waiting for providers' first bytes, and between attempts.
  var upstream: Int64 = 0
  var pauses: Int64 = 0
  /// Nanoseconds spent waiting in the queue.
  var queued: Int64 = 0
  /// Nanoseconds spent waiting for the shared state.
  var state: Int64 = 0
  var bytesOut = 0
  var usage: Usage?
  /// Tokens of the answer as far as they were seen, where the provider doesn't say; nil where that can't be told.
  var seenTokens: Int64? = 0
  var finishReason: String?
  var upstreamRequestID: String?
  var isStream = false
  /// The client was sent a stored answer; what is attempted since is no business of its.
  var isFromCache = false
  /// The client was sent what another exchange fetched, as it came.
  var isFollowed = false
  /// When it had its answer, where the exchange went on without it.
  var answeredAt: Int64?
}
