import NIOCore
import Settings
import Telemetry

/// One client connection: parses its requests, lets one exchange at a time answer, and writes what that says.
///
/// Confined to its loop. Pipelined requests wait unparsed, and reading stops once they are more than `backlogLimit` bytes.
// @unchecked Sendable: NIO calls it on its loop, and everyone else reaches it through the worker, whose isolation is that loop.
// Sendable at all, because entering the worker by `assumeIsolated` counts as sending.
final class Connection: ChannelDuplexHandler, @unchecked Sendable {
  typealias InboundIn = ByteBuffer
  typealias OutboundIn = ByteBuffer
  typealias OutboundOut = ByteBuffer

  /// Bytes of further requests that are kept while one is being answered.
  static let backlogLimit = 64 << 10
  /// Bytes thrown away, at most, of a request that was refused before it was whole. Beyond them nothing is read: who waits to send the
  /// rest finds the answer, where a proxy whose connection is reset would lose it.
  static let lingerLimit = 1 << 20

  private let worker: Worker
  private var context: ChannelHandlerContext?
  private var parser: HTTP1RequestParser
  private var inbound = ByteBuffer()
  private(set) var clock: ConnectionClock
  private var exchange: Exchange?
  var exchangeInHand: Exchange? { exchange }
  /// The request in hand has been read to its end.
  private var requestIsWhole = true
  private var closesAfterAnswer = false
  private var isDraining = false
  /// The last answer is being written; what still comes is thrown away.
  private var isLeaving = false
  private var readIsHeld = false
  private var lingered = 0
  private var isParsing = false
  /// The exchange in hand has been made, but not yet sent down the pipeline.
  private var isWaitingToRun = false
  /// The client's address, without port.
  private(set) var remoteAddress = "-"
  /// Stands for the address, of IPv6 for the network of 64 bits, where clients are counted apart.
  private(set) var addressHash: UInt64 = 0
  /// Where the worker's list has this connection, once it is open.
  var position = Int.max

  /// To be made on the worker's loop.
  init(worker: Worker) {
    self.worker = worker
    let snapshot = worker.assumeIsolated { $0.snapshot }
    clock = ConnectionClock(limits: snapshot.limits, now: SystemClock.monotonicNanoseconds())
    parser = HTTP1RequestParser(limits: HTTP1Limits(maxBody: snapshot.settings.server.maxBody.count))
  }

  // MARK: Channel events

  func handlerAdded(context: ChannelHandlerContext) {
    self.context = context
    remoteAddress = context.channel.remoteAddress?.ipAddress ?? "-"
    addressHash = context.channel.remoteAddress?.network ?? 0
  }

  func channelActive(context: ChannelHandlerContext) {
    worker.assumeIsolated { $0.opened(self) }
    context.fireChannelActive()
  }

  func channelInactive(context: ChannelHandlerContext) {
    self.context = nil
    worker.executor.handle {
      worker.assumeIsolated { $0.closed(self) }
      exchange?.clientGone()
      if let exchange, exchange.isAwaitedByOthers { worker.assumeIsolated { $0.attend(exchange) } }
      exchange = nil
    }
    context.fireChannelInactive()
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    var bytes = unwrapInboundIn(data)
    if isLeaving {
      lingered += bytes.readableBytes
      return
    }
    if inbound.readableBytes == 0 { inbound = bytes } else { inbound.writeBuffer(&bytes) }
    worker.executor.handle { parse() }
  }

  /// Holds reads back while too much waits; NIO asks again for each batch that it has delivered.
  func read(context: ChannelHandlerContext) {
    if exchange != nil, requestIsWhole, inbound.readableBytes > Self.backlogLimit {
      readIsHeld = true
    } else if lingered <= Self.lingerLimit {
      context.read()
    }
  }

  func channelWritabilityChanged(context: ChannelHandlerContext) {
    if isLeaving {
      if clock.phase == .unread { clock.restart(now: SystemClock.monotonicNanoseconds()) }
    } else if context.channel.isWritable {
      if clock.phase == .unread { clock.enter(.answering, now: SystemClock.monotonicNanoseconds()) }
      worker.executor.handle { exchange?.mayWrite() }
    } else if clock.phase == .answering {
      clock.enter(.unread, now: SystemClock.monotonicNanoseconds())
    }
    context.fireChannelWritabilityChanged()
  }

  // MARK: Requests

  /// Parses until input runs out or a whole request is being answered. An exchange is run once all of its request that has come
  /// is read: mostly the whole. An answer may end while this runs (a refusal, say); the loop then goes on with the next request
  /// rather than being entered again.
  private func parse() {
    guard !isParsing else { return }
    isParsing = true
    defer { isParsing = false }
    while context != nil, !isLeaving, exchange == nil || !requestIsWhole {
      switch parser.next(&inbound) {
      case .needsMore:
        waitForMore()
        if runExchange(), exchange == nil { continue }
        return
      case .head(let head): begin(head)
      case .body(let bytes): receive(bytes)
      case .end:
        endRequest()
        runExchange()
      case .failed(let error):
        fail(error)
        runExchange()
        return
      }
    }
  }

  /// Runs the exchange in hand if it was not run yet; false where there is none.
  @discardableResult
  private func runExchange() -> Bool {
    guard isWaitingToRun, let exchange else { return false }
    isWaitingToRun = false
    worker.assumeIsolated { $0.run(exchange) }
    return true
  }

  private func begin(_ head: RequestHead) {
    let now = SystemClock.monotonicNanoseconds()
    requestIsWhole = false
    closesAfterAnswer = !head.keepAlive
    clock.enter(.answering, now: now)
    worker.assumeIsolated { exchange = $0.begin(head, on: self, now: now) }
    isWaitingToRun = true
  }

  private func receive(_ bytes: ByteBuffer) {
    exchange?.receive(bytes)
    if inbound.readableBytes == 0 { inbound.clear() }
  }

  private func endRequest() {
    requestIsWhole = true
    if clock.phase != .answering, clock.phase != .unread {
      clock.enter(.answering, now: SystemClock.monotonicNanoseconds())
    }
    exchange?.bodyEnded()
  }

  private func waitForMore() {
    let now = SystemClock.monotonicNanoseconds()
    if let exchange {
      if !requestIsWhole { clock.enter(.readingBody(received: exchange.bytesIn), now: now) }
    } else if !parser.isIdle {
      clock.enter(.readingHead, now: now)
    } else if clock.phase != .lastCall {
      clock.enter(.idle, now: now)
    }
  }

  private func fail(_ error: HTTP1ParseError) {
    closesAfterAnswer = true
    let error = ExchangeError(error, parser.limits)
    if let exchange {
      exchange.requestBroke(error)
    } else {
      worker.assumeIsolated { $0.refuse(error, on: self) }
    }
  }

  // MARK: What the worker asks

  func check(now: Int64) {
    exchange?.check(now: now)
    switch clock.check(now: now) {
    case .wait: break
    case .close: context?.close(promise: nil)
    case .refuseHead: worker.assumeIsolated { $0.refuse(.headTimeout, on: self) }
    case .refuseBody: exchange?.requestBroke(.bodyTimeout)
    }
  }

  /// The next answer is the last: it tells the client so, and a pool lets the connection go without a request being lost.
  func announceEnd() { isDraining = true }

  /// No further requests: a busy connection is closed behind its answer, an idle one unless a request comes soon. It is not closed
  /// now, as a request may be on its way: a client that was held up hasn't seen that others were told.
  func drain() {
    isDraining = true
    guard exchange == nil, clock.phase == .idle else { return }
    clock.enter(.lastCall, now: SystemClock.monotonicNanoseconds())
  }

  /// Ends the exchange in hand at once, with an error where that is still possible; without one the connection.
  func endNow() {
    isDraining = true
    guard let exchange else {
      if clock.phase == .lastCall { context?.close(promise: nil) }
      return
    }
    exchange.endNow()
  }

  // MARK: Answers

  var isWritable: Bool { context?.channel.isWritable ?? false }
  var isOpen: Bool { context != nil }
  /// Whether the connection survives the answer that is about to be written.
  var keepsAlive: Bool { !closesAfterAnswer && !isDraining && requestIsWhole }

  /// Asks a client that waits for it to send its body.
  func sendContinue() {
    var bytes = ByteBuffer()
    HTTP1ResponseWriter.continue100(into: &bytes)
    context?.writeAndFlush(wrapOutboundOut(bytes), promise: nil)
  }

  func write(_ bytes: ByteBuffer) {
    guard let context, bytes.readableBytes > 0 else { return }
    context.writeAndFlush(wrapOutboundOut(bytes), promise: nil)
  }

  /// The answer is out whole. Goes on with what waits, or lets the client go.
  func answerEnded(keepAlive: Bool) {
    exchange = nil
    guard keepAlive, !closesAfterAnswer, requestIsWhole else { return letGo() }
    // What has been promised in the answer's head holds: a request may be on its way.
    clock.enter(isDraining ? .lastCall : .idle, now: SystemClock.monotonicNanoseconds())
    parse()
    guard readIsHeld else { return }
    readIsHeld = false
    context?.read()
  }

  /// Cuts the connection, whatever runs on it.
  func cut() {
    exchange?.clientGone()
    exchange = nil
    context?.close(promise: nil)
  }

  /// The answer can't be finished: cutting the connection is how the client learns of it.
  func abort() {
    exchange = nil
    context?.close(promise: nil)
  }

  /// Closes once everything is written: a client that reads slowly has an idle timeout's time for each piece it takes.
  private func letGo() {
    guard let context else { return }
    clock.enter(.unread, now: SystemClock.monotonicNanoseconds())
    isLeaving = true
    let written = context.eventLoop.makePromise(of: Void.self)
    written.futureResult.assumeIsolated().whenComplete { [weak self] _ in self?.linger() }
    context.writeAndFlush(wrapOutboundOut(ByteBuffer()), promise: written)
  }

  /// Closes our side, and gives the client a moment to read the answer: closing with its bytes unread would reset the
  /// connection and could destroy the answer on its way. So could the end of a container, with which its network goes, and what
  /// the kernel had still to send.
  private func linger() {
    guard let context else { return }
    clock.enter(.lingering, now: SystemClock.monotonicNanoseconds())
    if requestIsWhole, inbound.readableBytes == 0, !isDraining {
      context.close(promise: nil)
    } else {
      inbound.clear()
      context.close(mode: .output, promise: nil)
    }
  }
}

extension SocketAddress {
  /// An IPv4 address, or the upper half of an IPv6 one, as a number.
  fileprivate var network: UInt64 {
    switch self {
    // As sockaddr_in and sockaddr_in6 are laid out.
    case .v4(let address):
      withUnsafeBytes(of: address.address) { UInt64($0.loadUnaligned(fromByteOffset: 4, as: UInt32.self)) }
    case .v6(let address):
      withUnsafeBytes(of: address.address) { $0.loadUnaligned(fromByteOffset: 8, as: UInt64.self) }
    case .unixDomainSocket: 0
    }
  }
}
