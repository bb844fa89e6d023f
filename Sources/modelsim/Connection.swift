import NIOCore
import NIOPosix

/// One accepted connection: reads requests, plays their answers one after the other, notices that the client has
/// gone. Lives on its channel's loop.
final class Connection: ChannelInboundHandler, NIOScheduledCallbackHandler {
  typealias InboundIn = ByteBuffer
  typealias OutboundOut = ByteBuffer

  // The loop alone touches what follows, in short steps; the unchecked ones save the checks of each access.
  private let simulator: Simulator
  private let listeners: Listeners
  private let port: Int
  private let reception: Reception
  @exclusivity(unchecked) private var reader: RequestReader
  @exclusivity(unchecked) private var inbox = ByteBuffer()
  /// Where answers are rendered; reused once the channel has let go of it.
  @exclusivity(unchecked) private var outbox = ByteBuffer()
  @exclusivity(unchecked) private var context: ChannelHandlerContext?
  @exclusivity(unchecked) private var visit: Reception.Visit?
  @exclusivity(unchecked) private var timer: NIOScheduledCallback?
  @exclusivity(unchecked) private var startedAt = NIODeadline.uptimeNanoseconds(0)
  @exclusivity(unchecked) private var lastChunkAt = NIODeadline.uptimeNanoseconds(0)
  /// Answers have been written and not flushed.
  @exclusivity(unchecked) private var isDirty = false
  /// An admin answer waits for a port to close or to open.
  @exclusivity(unchecked) private var isHeld = false
  /// The answer goes on when the client has read some of it.
  @exclusivity(unchecked) private var isParked = false
  @exclusivity(unchecked) private var closesWhenIdle = false
  /// No further request is taken.
  @exclusivity(unchecked) private var isEnding = false

  /// Bytes that an idle connection may keep for its next answer.
  private static let keptCapacity = 16 * 1024

  init(simulator: Simulator, listeners: Listeners, port: Int) {
    self.simulator = simulator
    self.listeners = listeners
    self.port = port
    reception = Reception(simulator: simulator, port: port)
    reader = RequestReader(bodyLimit: simulator.settings.bodyLimit)
  }

  func channelActive(context: ChannelHandlerContext) {
    self.context = context
    simulator.connectionOpened()
    listeners.register(context.channel, port: port)
  }

  func channelInactive(context: ChannelHandlerContext) {
    isEnding = true
    timer?.cancel()
    timer = nil
    if let visit { settle(visit, isCancelled: true) }
    visit = nil
    simulator.connectionClosed()
    listeners.unregister(context.channel, port: port)
    self.context = nil
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    var bytes = unwrapInboundIn(data)
    if inbox.readableBytes == 0 { inbox = bytes } else { inbox.writeBuffer(&bytes) }
    takeRequests()
  }

  func channelReadComplete(context: ChannelHandlerContext) {
    flush()
  }

  func channelWritabilityChanged(context: ChannelHandlerContext) {
    guard isParked, context.channel.isWritable else { return }
    isParked = false
    goOn()
  }

  func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
    guard event is Listeners.PortClosed else { return context.fireUserInboundEventTriggered(event) }
    closesWhenIdle = true
    if visit == nil, !isHeld { context.close(promise: nil) }
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    context.close(promise: nil)
  }

  func handleScheduledCallback(eventLoop: some EventLoop) {
    timer = nil
    goOn()
  }

  func didCancelScheduledCallback(eventLoop: some EventLoop) {}
}

// MARK: - Requests

extension Connection {
  /// Takes requests until one has to wait; what follows stays in the inbox.
  private func takeRequests() {
    while visit == nil, !isHeld, !isEnding, inbox.readableBytes > 0 {
      switch reader.next(&inbox) {
      case .needsMore: return
      case .wantsContinue:
        write(ByteBuffer(staticString: "HTTP/1.1 100 Continue\r\n\r\n"))
        return
      case .request(let request): take(request)
      case .refused(let fault): refuse(fault)
      }
    }
    // An inbox that is read out is let go, so that the channel may read into the same memory again.
    if inbox.readableBytes == 0 { inbox = ByteBuffer() }
  }

  private func take(_ request: HTTPRequest) {
    guard let context else { return }
    let admin = Admin(simulator: simulator, listeners: listeners)
    if let answer = admin.take(request, from: port, on: context.eventLoop) {
      return take(answer, keepsAlive: request.head.keepsAlive)
    }
    startedAt = .now()
    lastChunkAt = startedAt
    let begun = reception.take(request, at: startedAt)
    guard case .rendition = begun.play.content else { return play(begun) }
    let (bound, id) = (NIOLoopBound(self, eventLoop: context.eventLoop), begun.entry.id)
    let isTurn = simulator.slots.enter(id) { [loop = context.eventLoop] in
      loop.execute { bound.value.turn(of: id) }
    }
    if isTurn { play(begun) } else { visit = begun }
  }

  /// A request that waited may be answered, if it is still there.
  private func turn(of id: UInt64) {
    if visit?.entry.id == id { goOn() }
  }

  private func take(_ answer: Admin.Answer, keepsAlive: Bool) {
    guard let after = answer.after else { return write(answer.reply, keepsAlive: keepsAlive) }
    isHeld = true
    after.hop(to: context?.eventLoop ?? after.eventLoop).assumeIsolated().whenComplete { _ in
      self.isHeld = false
      self.write(answer.reply, keepsAlive: keepsAlive)
      self.takeRequests()
      self.flush()
    }
  }

  private func write(_ reply: Reply, keepsAlive: Bool) {
    var play = Play(.reply(reply), number: 0, random: SeededRandom(seed: 0))
    play.keepsAlive = keepsAlive
    var out = ByteBuffer()
    let step = play.step(into: &out)
    write(out)
    if step == .close || closesWhenIdle { end() }
  }

  private func refuse(_ fault: HTTPFault) {
    write(.error(fault.status, "\(fault.reason).", code: "bad_http"), keepsAlive: false)
  }
}

// MARK: - Answers

extension Connection {
  private func goOn() {
    guard let current = visit else { return }
    visit = nil
    play(current)
    takeRequests()
    flush()
  }

  /// Takes the answer as far as it goes now; if it has to wait, it is kept as `visit`.
  private func play(_ begun: consuming Reception.Visit) {
    var current = begun
    while let context {
      if outbox.capacity > Self.keptCapacity { outbox = ByteBuffer() }
      outbox.clear()
      let step = current.play.step(into: &outbox)
      switch step {
      case .wait(let time):
        write(outbox)
        lastChunkAt = .now()
        visit = current
        guard pause(time, context), let kept = visit else { return }
        visit = nil
        current = kept
      case .stall:
        write(outbox)
        lastChunkAt = .now()
        visit = current
        return flush()
      case .finish, .close, .reset:
        settle(current, isCancelled: false)
        write(outbox)
        return finish(step, context)
      }
    }
  }

  private func finish(_ step: Play.Step, _ context: ChannelHandlerContext) {
    if step == .reset { return reset(context) }
    if step == .close || closesWhenIdle { end() }
  }

  /// True if the answer can go on at once.
  private func pause(_ time: Int64, _ context: ChannelHandlerContext) -> Bool {
    // What was written may still be on its way: waiting answers keep no memory but their own state.
    outbox = ByteBuffer()
    flush()
    guard context.channel.isWritable else {
      isParked = true
      return false
    }
    guard time > 0 else { return true }
    timer = try? context.eventLoop.assumeIsolated().scheduleCallback(in: .nanoseconds(time), handler: self)
    return false
  }

  /// Tells log and bill how the answer ended; before its last bytes leave, so that who has them finds it there.
  private func settle(_ visit: borrowing Reception.Visit, isCancelled: Bool) {
    let now = NIODeadline.now()
    var entry = visit.entry
    entry.status = visit.play.status
    entry.chunks = visit.play.chunks
    entry.completionTokens = visit.play.tokens
    entry.elapsed = (now - startedAt).nanoseconds
    entry.outcome = isCancelled ? .cancelled : outcome(of: visit.play)
    simulator.settle(.init(entry: entry, sinceLastChunk: (now - lastChunkAt).nanoseconds))
  }

  private func outcome(of play: Play) -> LogEntry.Outcome {
    if play.isSpoilt { return .faulted }
    return play.status < 400 ? .answered : .rejected
  }
}

// MARK: - Writing

extension Connection {
  private func write(_ bytes: ByteBuffer) {
    guard let context, bytes.readableBytes > 0 else { return }
    context.write(wrapOutboundOut(bytes), promise: nil)
    isDirty = true
  }

  private func flush() {
    guard isDirty, let context else { return }
    isDirty = false
    context.flush()
  }

  private func end() {
    isEnding = true
    guard let context else { return }
    isDirty = false
    context.writeAndFlush(wrapOutboundOut(ByteBuffer())).assumeIsolated().whenComplete { _ in
      self.context?.close(promise: nil)
    }
  }

  /// Ends the connection with RST, after what was written has been handed to the kernel.
  private func reset(_ context: ChannelHandlerContext) {
    isEnding = true
    flush()
    guard let options = context.channel as? any SocketOptionProvider else { return end() }
    options.setSoLinger(linger(l_onoff: 1, l_linger: 0)).assumeIsolated().whenComplete { _ in
      self.context?.close(promise: nil)
    }
  }
}
