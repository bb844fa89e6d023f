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
final class Attempt: TransferConsumer {
  /// Bytes of a plain answer that are held so that it can be checked, and replaced, before the client sees any of it.
  static let holdLimit = 1 << 20

  private enum Phase { case waiting, held, relaying, ended }

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
  /// Its request asks for a stream.
  let wantsStream: Bool
  private(set) var head = UpstreamHead(status: 0)
  private(set) var kind = Kind.plain
  /// The whole answer has come and is sound: a JSON object, or a stream with its last event.
  private(set) var isWhole = false
  private(set) var finalVerdict: Classification?
  private(set) var failureDetail: String?
  private(set) var answerFacts: AnswerFacts?
  /// Keeps what is passed on, where it may be stored.
  let recording: AnswerRecording?

  private let peek: Peek
  private let executor: LoopExecutor
  private let limits: Limits
  private var scanner: StreamScanner
  private var inFlight: InFlight?
  private var slot: Slot?
  private var call: BreakerCall?
  private var transfer: (any Transfer)?
  private var phase = Phase.waiting
  private var heldBytes = ByteBuffer()
  private var seenBytes = 0
  private var isPaused = false
  /// Nobody is there to be sent the answer.
  private var isUnattended = false
  private var lastByteAt: Int64
  private var ready = Signal<Classification>()
  private var done = Signal<Classification>()
  private var sink: AnswerSink?
  private var live: LiveStream?

  init(
    _ step: AttemptPlan.Step, at endpoint: Endpoint, facts: RequestFacts, hidesUsage: Bool, limits: Limits,
    recording: AnswerRecording? = nil, call: BreakerCall? = nil, slot: Slot? = nil, peek: Peek,
    executor: LoopExecutor, now: Int64
  ) {
    self.step = step
    surface = facts.surface
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
    scanner = StreamScanner(choices: facts.choices, hidesUsage: hidesUsage)
  }

  // MARK: What the pipeline does

  func start(_ request: TransferRequest, on pool: any TransferPool) {
    do {
      let transfer = try pool.start(request, consumer: self)
      if finalVerdict == nil { self.transfer = transfer }
    } catch {
      failureDetail = "\(error)"
      end(.local)
    }
  }

  /// Waits until this attempt can be judged: success means that its answer may be sent, and nothing is lost by sending it now.
  nonisolated(nonsending) func judged() async -> Classification {
    if let verdict = ready.value { return verdict }
    return await withUnsafeContinuation { ready.wait($0) }
  }

  /// What `judged` answers, where it would not wait.
  var judgement: Classification? { ready.value }
  /// Called once it can be judged.
  var onJudgement: (() -> Void)?

  private func judge(_ verdict: Classification) {
    ready.fill(verdict)
    onJudgement?()
    onJudgement = nil
  }

  /// Why no attempt followed this one, where its answer reports a failure.
  var stop: AttemptPlan.Stop?

  /// The body's length where it is known: of an answer that is held whole.
  var wholeLength: Int? { finalVerdict != nil && isWhole && kind == .plain ? heldBytes.readableBytes : nil }

  /// Whether an answer that reports a failure can be passed on as it is. One about our own credential or address can't, nor
  /// one that isn't JSON.
  var isPresentable: Bool {
    guard isWhole, let verdict = finalVerdict else { return false }
    return switch verdict.reason {
    case .rateLimited, .serverError, .overloaded, .requestTimeout, .conflict, .refusedByProvider, .tooLarge,
      .errorEvent:
      true
    default: false
    }
  }

  /// Passes on what is held and what still comes; returns when the answer has ended, well or not.
  nonisolated(nonsending) func relay(to sink: AnswerSink) async -> Classification {
    if let verdict = finalVerdict {
      finish(sink, verdict)
      return verdict
    }
    phase = .relaying
    self.sink = sink
    sink.write(heldBytes.readableBytesView)
    heldBytes = ByteBuffer()
    sink.flush()
    mayWrite()
    return await withUnsafeContinuation { done.wait($0) }
  }

  /// From now on takes what comes for the recording, and for those who read it live: while there is anybody who does, or to its end
  /// where it is `forCache`.
  func goOn(with stream: LiveStream?, forCache: Bool = false) {
    guard finalVerdict == nil else { return }
    phase = .relaying
    isUnattended = forCache
    heldBytes = ByteBuffer()
    live = stream
    stream?.onChange = { [weak self] in self?.audienceChanged() }
    audienceChanged()
  }

  /// Waits until the answer has ended, well or not.
  nonisolated(nonsending) func ended() async -> Classification {
    if let verdict = finalVerdict { return verdict }
    return await withUnsafeContinuation { done.wait($0) }
  }

  // MARK: What the world does

  /// The client reads again.
  func mayWrite() {
    guard isPaused, phase == .relaying, isWanted else { return }
    isPaused = false
    lastByteAt = SystemClock.monotonicNanoseconds()
    transfer?.resume()
  }

  /// Somebody can be sent what comes next, or somebody else takes it.
  private var isWanted: Bool { isUnattended || live?.isWanted ?? sink?.isWritable ?? false }

  /// One of those who read it live can be sent more, or has left.
  private func audienceChanged() {
    guard phase == .relaying else { return }
    if !isUnattended, let verdict = live?.desertion { return abort(verdict) }
    mayWrite()
  }

  /// It passes on to one client what nobody else reads.
  var isPrivate: Bool { sink != nil }

  /// Its exchange can't wait any longer, or has no client any more: it ends, unless others read it live. Where its time is up, nobody
  /// may join them.
  func leave(_ verdict: Classification) {
    guard let live, live.desertion == nil else { return abort(verdict) }
    if verdict.reason != .clientGone { live.close() }
    isUnattended = false
  }

  func check(now: Int64) {
    switch phase {
    case .waiting where now > limits.firstByteBy && head.status == 0: abort(.transport(.firstByteTimeout))
    case .waiting where kind == .events && now > limits.firstByteBy: abort(.transport(.firstByteTimeout))
    case .waiting, .relaying:
      if !isPaused, head.status != 0, now - lastByteAt > limits.stall { abort(.transport(.stalled)) }
    case .held, .ended: break
    }
  }

  /// Ends the attempt from our side.
  func abort(_ verdict: Classification) {
    guard finalVerdict == nil else { return }
    transfer?.cancel()
    end(verdict)
  }

  private func end(_ verdict: Classification) {
    transfer = nil
    inFlight = nil
    slot = nil
    finalVerdict = verdict
    call?.ended(
      verdict, head, after: SystemClock.monotonicNanoseconds() - startedAt,
      isStream: head.status == 0 ? wantsStream : kind == .events)
    if phase == .relaying, let sink { finish(sink, verdict) }
    phase = .ended
    live?.end(verdict, isWhole: isWhole)
    live = nil
    judge(verdict)
    done.fill(verdict)
  }

  /// The end of an answer of which something was sent already.
  private func finish(_ sink: AnswerSink, _ verdict: Classification) {
    sink.write(heldBytes.readableBytesView)
    heldBytes = ByteBuffer()
    sink.end(broken: isWhole ? nil : verdict, tailWasReleased: scanner.tailWasReleased)
    self.sink = nil
  }

  // MARK: TransferConsumer

  func transferReceivedHead(_ head: borrowing UpstreamHead) {
    self.head = copy head
    let isEventStream = head.value(of: "content-type", startsWith: "text/event-stream")
    if isEventStream, (200..<300).contains(head.status) { kind = .events }
  }

  func transferReceived(_ bytes: UnsafeRawBufferPointer) -> TransferFlow {
    switch phase {
    case .ended: return .more
    case .waiting, .held:
      guard heldBytes.readableBytes + bytes.count <= Self.holdLimit || phase == .waiting else {
        isPaused = true
        return .pause
      }
      take(bytes)
      if phase == .waiting, isReady { phase = .held }
      return .more
    case .relaying:
      guard isWanted else {
        isPaused = true
        return .pause
      }
      take(bytes)
      return .more
    }
  }

  private var isReady: Bool {
    heldBytes.readableBytes > Self.holdLimit || kind == .events && scanner.facts.sawContent
  }

  private func take(_ bytes: UnsafeRawBufferPointer) {
    guard kind == .events else { return keep(bytes) }
    scanner.feed(bytes, with: peek) { keep($0) }
    recording?.noteEnd(isWithinEvent: scanner.tailWasReleased)
  }

  /// Onwards to the client, or to where it is held until the pipeline commits.
  private func keep(_ bytes: UnsafeRawBufferPointer) {
    seenBytes += bytes.count
    if let recording { record(bytes, in: recording) }
    if let sink { sink.write(bytes) } else if phase != .relaying { heldBytes.writeBytes(bytes) }
  }

  private func record(_ bytes: UnsafeRawBufferPointer, in recording: AnswerRecording) {
    let offset = (SystemClock.monotonicNanoseconds() - startedAt) / 1_000_000
    recording.take(bytes, isEvents: kind == .events, at: offset)
  }

  func transferBatchEnded() {
    lastByteAt = SystemClock.monotonicNanoseconds()
    switch phase {
    case .held:
      let verdict = Classification(status: head.status)
      if verdict.kind == .success { call?.answers(after: lastByteAt - startedAt, isStream: kind == .events) }
      executor.handle { judge(verdict) }
    case .relaying:
      sink?.flush()
      live?.advance()
    case .waiting, .ended: break
    }
  }

  func transferEnded(_ failure: TransferFailure?) {
    transfer = nil
    executor.handle {
      if let failure {
        failureDetail = failure.detail
        end(Classification(failure, ofEvents: kind == .events))
      } else {
        kind == .events ? endOfStream() : endOfPlainAnswer()
      }
    }
  }

  private func endOfPlainAnswer() {
    guard phase == .waiting else {
      isWhole = true  // too large to be held, and so to be checked
      return end(Classification(status: head.status, head.hints(nil)))
    }
    answerFacts = heldBytes.withUnsafeReadableBytes { peek.answer($0, surface: surface) }
    isWhole = answerFacts != nil
    let byStatus = Classification(status: head.status, head.hints(answerFacts?.complaint))
    end(byStatus.kind == .success && !isWhole ? .transport(.malformedBody) : byStatus)
  }

  private func endOfStream() {
    switch scanner.finish(with: peek, into: { keep($0) }) {
    case .complete:
      isWhole = true
      end(.success)
    case .failed:
      // The provider's own error event says it all once anything was sent; before that, another attempt may do better.
      isWhole = true
      end(.transport(.errorEvent))
    case .truncated:
      failureDetail = "the stream ended without its last event"
      end(.transport(.brokenStream))
    }
  }

  // MARK: What was learnt

  var usage: Usage? { kind == .events ? scanner.facts.usage : answerFacts?.usage }
  /// Tokens that were seen of an answer which says nothing of its usage: an event of a stream is about one, and so are four bytes of
  /// text. Embeddings have none; of a plain answer beyond `holdLimit` nobody has looked what it is.
  var seenTokens: Int? {
    if kind == .events { return scanner.facts.contentEvents }
    if surface == .embeddings { return 0 }
    return seenBytes > Self.holdLimit ? nil : seenBytes / 4
  }
  var finishReason: String? { kind == .events ? scanner.facts.finishReason : answerFacts?.finishReason }
}
