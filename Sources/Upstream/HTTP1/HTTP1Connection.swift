import NIOCore

/// One connection that we speak HTTP/1.1 on: sends a transfer's request, reads its answer, and then waits for the next transfer.
///
/// Confined to its loop. What the consumer doesn't take yet stays in `inbound`, and reading stops meanwhile.
final class HTTP1Connection: ChannelDuplexHandler {
  typealias InboundIn = ByteBuffer
  typealias OutboundIn = ByteBuffer
  typealias OutboundOut = ByteBuffer

  /// Bytes of a body that are copied for NIO at a time: a large one goes piece by piece, as the connection takes them.
  static let pieceSize = 64 << 10
  /// Bytes of memory for requests that a connection keeps while it waits for an answer, or for the next transfer.
  static let keptCapacity = 1 << 10

  private let origin: HTTP1Origin
  /// Nil before the connection is registered, and once it is closed.
  private var context: ChannelHandlerContext?
  private var transfer: HTTP1Transfer?
  private var parser = AnswerParser()
  private var inbound = ByteBuffer()
  private var outbound = ByteBuffer()
  /// Bytes of the request's body that were handed to NIO.
  private var sent = 0
  private var isSending = false
  private var isAdvancing = false
  private var isPaused = false
  private var readIsHeld = false
  /// Something was delivered since the consumer last heard that a batch had ended.
  private var hasDelivered = false
  private var isOrderly = true
  /// Where the origin's list of idle connections has this one.
  var position = 0
  /// When it became idle.
  var idleSince = NIODeadline.uptimeNanoseconds(0)

  init(origin: HTTP1Origin) { self.origin = origin }

  // MARK: What transfers ask for

  func send(_ transfer: HTTP1Transfer) {
    self.transfer = transfer
    parser.reset()
    outbound.clear()
    sent = 0
    isPaused = false
    transfer.pool.writeHead(of: transfer.request, into: &outbound)
    sendPiece(withHead: true)
    sendMore()
  }

  func resume() {
    guard isPaused else { return }
    isPaused = false
    advance()
    endBatch()
    guard !isPaused, readIsHeld else { return }
    readIsHeld = false
    context?.read()
  }

  /// Nobody wants the answer any more, and it can't be told to stop but by closing.
  func abandon() {
    transfer = nil
    close()
  }

  func close() { context?.close(promise: nil) }

  // MARK: Sending

  private func sendPiece(withHead: Bool = false) {
    guard let transfer, let context else { return }
    let body = transfer.request.body
    let end = min(body.count, sent + Self.pieceSize)
    if !withHead { outbound.clear() }
    outbound.writeBytes(body[sent..<end])
    sent = end
    context.writeAndFlush(wrapOutboundOut(outbound), promise: nil)
    if outbound.capacity > Self.keptCapacity { outbound = ByteBuffer() }
  }

  /// Goes on with a large body as far as the connection takes it.
  private func sendMore() {
    guard !isSending else { return }
    isSending = true
    while let transfer, sent < transfer.request.body.count, context?.channel.isWritable == true {
      sendPiece()
    }
    isSending = false
  }

  // MARK: Channel events

  func handlerAdded(context: ChannelHandlerContext) { self.context = context }

  func channelActive(context: ChannelHandlerContext) {
    origin.opened()
    context.fireChannelActive()
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    var bytes = unwrapInboundIn(data)
    // Nothing was asked for: an idle connection on which something comes can't be trusted any more.
    guard transfer != nil else { return close() }
    if inbound.readableBytes == 0 { inbound = bytes } else { inbound.writeBuffer(&bytes) }
    advance()
  }

  func channelReadComplete(context: ChannelHandlerContext) {
    endBatch()
    context.fireChannelReadComplete()
  }

  func read(context: ChannelHandlerContext) {
    if isPaused { readIsHeld = true } else { context.read() }
  }

  func channelWritabilityChanged(context: ChannelHandlerContext) {
    sendMore()
    context.fireChannelWritabilityChanged()
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    isOrderly = false
    context.close(promise: nil)
  }

  func channelInactive(context: ChannelHandlerContext) {
    self.context = nil
    origin.closed(self)
    if !isPaused { inputEnded() }
    context.fireChannelInactive()
  }

  // MARK: Receiving

  /// Delivers what has come, as far as the consumer takes it. The consumer may cancel, or begin another transfer, meanwhile.
  private func advance() {
    guard !isAdvancing else { return }
    isAdvancing = true
    defer { isAdvancing = false }
    while let transfer, !isPaused {
      var consumed = 0
      let event = inbound.withUnsafeReadableBytes { parser.next($0, consumed: &consumed) }
      inbound.moveReaderIndex(forwardBy: consumed)
      switch event {
      case .needsMore:
        compact()
        return context == nil ? inputEnded() : ()
      case .head:
        hasDelivered = true
        transfer.consumer?.transferReceivedHead(parser.head)
      case .body(let count): deliver(count, to: transfer)
      case .end: end(transfer)
      case .failed(let kind): fail(transfer, kind)
      }
    }
  }

  private func deliver(_ count: Int, to transfer: HTTP1Transfer) {
    hasDelivered = true
    let bytes = inbound
    let flow = bytes.withUnsafeReadableBytes {
      transfer.consumer?.transferReceived(UnsafeRawBufferPointer(rebasing: $0[..<count])) ?? .more
    }
    guard self.transfer === transfer else { return }
    switch flow {
    case .pause: isPaused = true
    case .more:
      inbound.moveReaderIndex(forwardBy: count)
      parser.take(count)
    }
  }

  /// NIO's buffer goes back to it: only an incomplete line stays here.
  private func compact() {
    inbound = inbound.readableBytes == 0 ? ByteBuffer() : ByteBuffer(buffer: inbound)
  }

  private func endBatch() {
    guard hasDelivered else { return }
    hasDelivered = false
    transfer?.consumer?.transferBatchEnded()
  }

  /// The answer is whole. The connection is there for others before the consumer hears of it: it may want it itself.
  private func end(_ transfer: HTTP1Transfer) {
    self.transfer = nil
    hasDelivered = false
    let isClean = inbound.readableBytes == 0 && sent == transfer.request.body.count
    inbound = ByteBuffer()
    if context != nil, isClean, parser.keepsAlive { origin.keep(self) } else { close() }
    transfer.ended(nil)
  }

  private func fail(_ transfer: HTTP1Transfer, _ kind: TransferFailure.Kind) {
    self.transfer = nil
    hasDelivered = false
    close()
    transfer.ended(TransferFailure(kind: kind, detail: Self.detail(of: kind, isOrderly: isOrderly)))
  }

  private func inputEnded() {
    guard let transfer else { return }
    if let kind = parser.inputEnded(orderly: isOrderly) { fail(transfer, kind) } else { end(transfer) }
  }

  private static func detail(of kind: TransferFailure.Kind, isOrderly: Bool) -> String {
    let end = isOrderly ? "closed" : "reset"
    return switch kind {
    case .reset: "the connection was \(end) before the answer's head was whole"
    case .brokenBody: "the answer's body broke off or is malformed (the connection was \(end))"
    case .oversizedHead: "the answer's head is larger than \(UpstreamHead.limit) bytes"
    case .garbage: "what came is not an HTTP/1.1 answer"
    case .connect, .connectTimeout, .tls, .local: kind.rawValue
    }
  }
}
