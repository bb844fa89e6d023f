import Dialects
import NIOCore
import Policy
import Telemetry
import Upstream

/// One try at one endpoint: holds what comes back until the pipeline commits to it, then passes it on.
///
///     waiting → held → relaying → ended
///         ↘︎_______↘︎_______↗︎
///
/// Until `held` nothing has reached the client and another attempt may replace this one. A plain answer is held once it is whole
/// (or larger than `holdLimit`), a stream once its first event is. Confined to the worker's loop.
final class Attempt {
  /// Bytes of a plain answer that are held so that it can be checked, and replaced, before the client sees any of it.
  static let holdLimit = 1 << 20

  enum Phase { case waiting, held, relaying, ended }

  /// What the answer's body is, by its head.
  enum Kind { case plain, events }

  struct Limits {
    /// Monotonic nanoseconds by which the first byte must have come.
    var firstByteBy: Int64
    /// Nanoseconds between two pieces of a stream.
    var stall: Int64
  }

  let step: AttemptPlan.Step
  let startedAt: Int64
  let surface: Surface
  /// Nil where the provider speaks the client's dialect: bytes pass.
  let translated: Translated?
  /// Its request asks for a stream.
  let wantsStream: Bool
  let choices: Int
  private(set) var finalVerdict: Classification?
  /// Why no attempt followed this one, where its answer reports a failure.
  var stop: AttemptPlan.Stop?
  /// Keeps what is passed on, where it may be stored.
  let recording: AnswerRecording?
  /// Told how it ends, where somebody wants to know later.
  var trace: AttemptTrace?

  // What has come; set in `Attempt+Transfer`.
  var head = UpstreamHead(status: 0)
  var kind = Kind.plain
  /// The whole answer has come and is sound: a JSON object, or a stream with its last event.
  var isWhole = false
  var failureDetail: String?
  var answerFacts: AnswerFacts?
  var scanner: StreamScanner
  /// In the scanner's place, of a stream that is translated. Not one with it: what holds either would be copied with each piece.
  var translator: ChatStream?
  /// More of an answer has come than is translated.
  var isOverlong = false
  var heldBytes = ByteBuffer()
  var seenBytes = 0
  var lastByteAt: Int64

  // Whom it is passed on to; set in `Attempt+Relay`.
  var sink: AnswerSink?
  var live: LiveStream?
  /// Nobody is there to be sent the answer.
  var isUnattended = false
  var isPaused = false

  let peek: Peek
  let executor: LoopExecutor
  var phase = Phase.waiting
  var call: BreakerCall?
  var transfer: (any Transfer)?
  private let limits: Limits
  private var inFlight: InFlight?
  private var slot: Slot?
  private var ready = Signal<Classification>()
  private var done = Signal<Classification>()
  /// All of the answer is to be held before it is passed on.
  var isGathering = false
  /// It has ended, or more has come than is held.
  var gathering = Signal<Void>()

  init(
    _ step: AttemptPlan.Step, at endpoint: Endpoint, facts: RequestFacts, sent: Sent, limits: Limits,
    recording: AnswerRecording? = nil, call: BreakerCall? = nil, slot: Slot? = nil, peek: Peek,
    executor: LoopExecutor, now: Int64
  ) {
    self.step = step
    surface = facts.surface
    translated = sent.translated
    choices = facts.choices
    wantsStream = facts.stream
    self.limits = limits
    self.recording = recording
    self.call = call
    self.peek = peek
    self.executor = executor
    startedAt = now
    lastByteAt = now
    self.slot = slot
    if slot == nil { inFlight = InFlight(at: endpoint) }
    scanner = StreamScanner(
      choices: facts.choices, hidesUsage: sent.hidesUsage, dialect: facts.surface.dialect)
  }

  // MARK: Its begin

  func start(_ request: TransferRequest, on pool: any TransferPool) {
    do {
      let transfer = try pool.start(request, consumer: self)
      if finalVerdict == nil { self.transfer = transfer }
    } catch {
      fail(error)
    }
  }

  /// It can't begin.
  func fail(_ error: any Error) {
    failureDetail = "\(error)"
    end(.local)
  }

  // MARK: What it comes to

  /// Waits until this attempt can be judged: success means that its answer may be sent, and nothing is lost by sending it now.
  nonisolated(nonsending) func judged() async -> Classification {
    if let verdict = ready.value { return verdict }
    return await withUnsafeContinuation { ready.wait($0) }
  }

  /// What `judged` answers, where it would not wait.
  var judgement: Classification? { ready.value }
  /// Called once it can be judged.
  var onJudgement: (() -> Void)?

  func judge(_ verdict: Classification) {
    ready.fill(verdict)
    onJudgement?()
    onJudgement = nil
  }

  /// Waits until the answer has ended, well or not.
  nonisolated(nonsending) func ended() async -> Classification {
    if let verdict = finalVerdict { return verdict }
    return await withUnsafeContinuation { done.wait($0) }
  }

  // MARK: Its end

  func check(now: Int64) {
    switch phase {
    case .waiting where now > limits.firstByteBy && head.status == 0: abort(.transport(.firstByteTimeout))
    case .waiting where kind == .events && now > limits.firstByteBy: abort(.transport(.firstByteTimeout))
    case .waiting, .relaying: checkFlow(now: now)
    case .held where isGathering: checkFlow(now: now)
    case .held, .ended: break
    }
  }

  private func checkFlow(now: Int64) {
    if !isPaused, head.status != 0, now - lastByteAt > limits.stall { abort(.transport(.stalled)) }
  }

  /// Ends the attempt from our side.
  func abort(_ verdict: Classification) {
    guard finalVerdict == nil else { return }
    transfer?.cancel()
    end(verdict)
  }

  func end(_ verdict: Classification) {
    transfer = nil
    inFlight = nil
    slot = nil
    finalVerdict = verdict
    let time = SystemClock.monotonicNanoseconds() - startedAt
    trace?.end(verdict, status: head.status, after: time)
    call?.ended(
      verdict, head, after: time,
      isStream: head.status == 0 ? wantsStream : kind == .events)
    if phase == .relaying, let sink { finish(sink, verdict) }
    phase = .ended
    live?.end(verdict, isWhole: isWhole)
    live = nil
    judge(verdict)
    done.fill(verdict)
    gathering.fill(())
  }
}
