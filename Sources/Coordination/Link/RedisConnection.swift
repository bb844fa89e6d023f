import NIOCore

/// One connection to one Redis: commands go out in order, and so do replies come back.
///
/// Confined to its loop. A call has until its deadline; its reply is thrown away if it comes later, so that the order holds. When the
/// connection ends, every call that waits is told: whether Redis has done it, nobody knows.
final class RedisConnection: ChannelInboundHandler {
  typealias InboundIn = ByteBuffer
  typealias OutboundOut = ByteBuffer

  enum Failure: Error, Equatable {
    /// No reply by the deadline. Redis may have done it, or may do it yet.
    case timeout
    /// The connection ended before the reply. Redis may have done it.
    case disconnected
    /// There is no connection: nothing was sent.
    case unsent
  }

  typealias Completion = (Result<Reply, Failure>) -> Void
  /// Called with channel and message.
  typealias Listener = (_ channel: [UInt8], _ message: [UInt8]) -> Void

  private struct Call {
    let deadline: NIODeadline
    /// Nil once the deadline has passed.
    var completion: Completion?
  }

  /// Replies that may be owed for calls that are past their deadline: beyond it, the server hangs.
  static let maximumLate = 4_096
  /// How long after its deadline a reply may still come: beyond it, the server hangs or is gone without a word.
  static let maximumDelay = TimeAmount.seconds(3)

  /// A timer that fires later than this says that the loop stood still: replies may have come, and wait to be read.
  private static let stall = TimeAmount.milliseconds(2)
  /// What calls get then, once, at most.
  private static let longestGrace = TimeAmount.milliseconds(25)

  private let reader = ReplyReader()
  private var context: ChannelHandlerContext?
  private var calls = CircularBuffer<Call>()
  private var late = 0
  /// Fires at the earliest deadline of a call that waits, or before.
  private var timer: (deadline: NIODeadline, task: Scheduled<Void>)?
  private var isGraced = false
  private var isUnflushed = false
  private let listener: Listener?
  private let onEnd: () -> Void
  /// What the connection died of, where that is known.
  private var error: (any Error)?

  /// `onEnd` is called once, when the connection has ended and every call has been told. With a `listener`, messages of channels
  /// are told to it and are no replies.
  init(listener: Listener? = nil, onEnd: @escaping () -> Void) {
    self.listener = listener
    self.onEnd = onEnd
  }

  /// What a log line says of a failure.
  func words(for failure: Failure) -> String {
    switch failure {
    case .timeout: "no reply in time"
    case .disconnected, .unsent: error.map(RedisDialer.words) ?? "the connection was closed"
    }
  }

  /// Sends commands, of which each gets one reply; `flush` sends them on their way.
  func send(_ command: ByteBuffer, by deadline: NIODeadline, _ completion: @escaping Completion) {
    guard let context else { return completion(.failure(.unsent)) }
    calls.append(Call(deadline: deadline, completion: completion))
    context.write(wrapOutboundOut(command), promise: nil)
    isUnflushed = true
    if timer.map({ deadline < $0.deadline }) ?? true { startTimer(deadline) }
  }

  func flush() {
    guard isUnflushed else { return }
    isUnflushed = false
    context?.flush()
  }

  func close() { context?.close(promise: nil) }

  // MARK: Channel events

  func handlerAdded(context: ChannelHandlerContext) { self.context = context }

  /// A channel that never came to be is never inactive either; and it holds this handler.
  func handlerRemoved(context: ChannelHandlerContext) { self.context = nil }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    do throws(ReplyReader.Failure) {
      try unwrapInboundIn(data).withUnsafeReadableBytes { bytes throws(ReplyReader.Failure) in
        try reader.feed(bytes)
      }
      while let reply = try reader.next() {
        if let listener, let message = reply.message {
          listener(message.channel, message.bytes)
          continue
        }
        guard let call = calls.popFirst() else { return close() }  // nobody asked
        if let completion = call.completion { completion(.success(reply)) } else { late -= 1 }
      }
    } catch {
      close()
    }
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    if self.error == nil { self.error = error }
    context.close(promise: nil)
  }

  func channelInactive(context: ChannelHandlerContext) {
    self.context = nil
    timer?.task.cancel()
    let waiting = calls
    calls.removeAll()
    for call in waiting { call.completion?(.failure(.disconnected)) }
    onEnd()
    context.fireChannelInactive()
  }

  // MARK: Deadlines

  private func startTimer(_ deadline: NIODeadline) {
    guard let context else { return }
    timer?.task.cancel()
    let bound = NIOLoopBound(self, eventLoop: context.eventLoop)
    timer = (deadline, context.eventLoop.scheduleTask(deadline: deadline) { bound.value.expire(deadline) })
  }

  /// Deadlines come in any order: a call with little time may be behind one with much.
  private func expire(_ due: NIODeadline) {
    timer = nil
    let now = NIODeadline.now()
    guard isGraced || now - due <= Self.stall else {
      isGraced = true
      return startTimer(now + min(now - due, Self.longestGrace))
    }
    isGraced = false
    var expired: [Completion] = []
    var next: NIODeadline?
    for index in calls.indices {
      let call = calls[index]
      guard let completion = call.completion else { continue }
      if call.deadline <= now {
        calls[index].completion = nil
        expired.append(completion)
      } else {
        next = min(next ?? call.deadline, call.deadline)
      }
    }
    late += expired.count
    if let next { startTimer(next) }
    for completion in expired { completion(.failure(.timeout)) }
    if late > Self.maximumLate || hangs(now) { close() }
  }

  private func hangs(_ now: NIODeadline) -> Bool {
    guard let first = calls.first, first.completion == nil else { return false }
    return now - first.deadline > Self.maximumDelay
  }
}

extension Reply {
  /// What a channel said, where this is that.
  fileprivate var message: (channel: [UInt8], bytes: [UInt8])? {
    guard case .list(let parts) = self, parts.count == 3, parts[0] == .bytes(Array("message".utf8)),
      case .bytes(let channel) = parts[1], case .bytes(let bytes) = parts[2]
    else { return nil }
    return (channel, bytes)
  }
}
