import NIOCore
import NIOPosix

/// One accepted connection: reads requests, plays their answers one after the other, notices that the client has
/// gone. Lives on its channel's loop.
final class Connection: ChannelInboundHandler, NIOScheduledCallbackHandler {
  typealias InboundIn = ByteBuffer
  typealias OutboundOut = ByteBuffer

  private let simulator: Simulator
  private let listeners: Listeners
  private let port: Int
  private let reception: Reception
  private var reader: RequestReader
  private var inbox = ByteBuffer()
  private var context: ChannelHandlerContext?
  private var visit: Reception.Visit?
  private var timer: NIOScheduledCallback?
  private var startedAt = NIODeadline.uptimeNanoseconds(0)
  private var lastChunkAt = NIODeadline.uptimeNanoseconds(0)
  /// Answers have been written and not flushed.
  private var isDirty = false
  /// An admin answer waits for a port to close or to open.
  private var isHeld = false
  /// The answer goes on when the client has read some of it.
  private var isParked = false
  private var closesWhenIdle = false
  /// No further request is taken.
  private var isEnding = false

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
    if visit != nil { settle(isCancelled: true) }
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
    visit = reception.take(request, at: startedAt)
    play()
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
    play()
    takeRequests()
    flush()
  }

  /// Takes the answer as far as it goes now.
  private func play() {
    while var current = visit, let context {
      var out = ByteBufferAllocator().buffer(capacity: 1024)
      let step = current.play.step(into: &out)
      visit = current
      if step == .finish || step == .close { settle(isCancelled: false) }
      if out.readableBytes > 0 {
        if visit != nil { lastChunkAt = .now() }
        write(out)
      }
      guard carryOut(step, context) else { return }
    }
  }

  /// True if the answer can go on at once.
  private func carryOut(_ step: Play.Step, _ context: ChannelHandlerContext) -> Bool {
    switch step {
    case .wait(let time) where time > 0: schedule(after: time, context)
    case .wait:
      flush()
      if context.channel.isWritable { return true }
      isParked = true
    case .finish:
      if closesWhenIdle { end() }
    case .close: end()
    case .reset: reset(context)
    case .stall: flush()
    }
    return false
  }

  private func schedule(after time: Int64, _ context: ChannelHandlerContext) {
    flush()
    guard context.channel.isWritable else {
      isParked = true
      return
    }
    timer = try? context.eventLoop.assumeIsolated().scheduleCallback(in: .nanoseconds(time), handler: self)
  }

  /// Tells log and bill how the answer ended; before its last bytes leave, so that who has them finds it there.
  private func settle(isCancelled: Bool) {
    guard let visit else { return }
    self.visit = nil
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
    guard let context else { return }
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
    settle(isCancelled: false)
    isEnding = true
    flush()
    guard let options = context.channel as? any SocketOptionProvider else { return end() }
    options.setSoLinger(linger(l_onoff: 1, l_linger: 0)).assumeIsolated().whenComplete { _ in
      self.context?.close(promise: nil)
    }
  }
}
