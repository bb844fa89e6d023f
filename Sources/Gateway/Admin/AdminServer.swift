import NIOCore
import NIOHTTP1
import NIOPosix
import Settings

/// The admin port, on a loop of its own, so that it answers while the workers are busy. What it answers is `AdminDesk`'s.
enum AdminServer {
  /// After which a connection on which nothing moves is closed: scrapers come more often.
  static let idleTimeout = TimeAmount.seconds(75)

  static func bind(
    _ replica: Replica, _ settings: Settings.Admin, on loops: MultiThreadedEventLoopGroup
  ) async throws -> any Channel {
    try await ServerBootstrap(group: loops)
      .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
      .childChannelInitializer { channel in
        channel.eventLoop.makeCompletedFuture {
          try channel.pipeline.syncOperations.addHandler(IdleStateHandler(allTimeout: Self.idleTimeout))
          try channel.pipeline.syncOperations.configureHTTPServerPipeline(withErrorHandling: true)
          try channel.pipeline.syncOperations.addHandler(
            AdminHandler(replica: replica, token: settings.token))
        }
      }
      .bind(host: settings.host, port: settings.port).get()
  }
}

/// One admin connection.
private final class AdminHandler: ChannelInboundHandler {
  typealias InboundIn = HTTPServerRequestPart
  typealias OutboundOut = HTTPServerResponsePart

  private let replica: Replica
  private let token: Secret?
  private var head: HTTPRequestHead?
  private var body = ByteBuffer()

  init(replica: Replica, token: Secret?) {
    self.replica = replica
    self.token = token
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    switch unwrapInboundIn(data) {
    case .head(let head):
      self.head = head
      body.clear()
    case .body(var bytes):
      // Beyond its bound a body is refused: no more of it is kept than tells that.
      guard let head, body.readableBytes <= AdminPart(head).bodyLimit else { return }
      body.writeBuffer(&bytes)
    case .end:
      guard let head else { return }
      answer(head, body, context)
      body = ByteBuffer()
    }
  }

  private func answer(_ head: HTTPRequestHead, _ body: ByteBuffer, _ context: ChannelHandlerContext) {
    let desk = AdminDesk(replica: replica, access: access(head))
    let bound = NIOLoopBound((handler: self, context: context), eventLoop: context.eventLoop)
    context.eventLoop.makeFutureWithTask { await desk.answer(head, body) }
      .whenSuccess { answer in bound.value.handler.write(answer, to: head, bound.value.context) }
  }

  private func access(_ head: HTTPRequestHead) -> AdminDesk.Access {
    guard let token else { return .open }
    let wanted = Array("Bearer \(token.revealed)".utf8)
    return head.headers["authorization"].contains { Self.equal(Array($0.utf8), wanted) } ? .shown : .refused
  }

  /// In a time that tells nothing but the length.
  private static func equal(_ given: [UInt8], _ wanted: [UInt8]) -> Bool {
    given.count == wanted.count && zip(given, wanted).reduce(0) { $0 | ($1.0 ^ $1.1) } == 0
  }

  private func write(_ answer: AdminAnswer, to head: HTTPRequestHead, _ context: ChannelHandlerContext) {
    let body = ByteBuffer(string: answer.text)
    var response = HTTPResponseHead(version: .http1_1, status: answer.status)
    response.headers.add(name: "content-type", value: answer.type)
    response.headers.add(name: "content-length", value: "\(body.readableBytes)")
    if !head.isKeepAlive { response.headers.add(name: "connection", value: "close") }
    context.write(wrapOutboundOut(.head(response)), promise: nil)
    if head.method != .HEAD { context.write(wrapOutboundOut(.body(.byteBuffer(body))), promise: nil) }
    let closes = !head.isKeepAlive
    let bound = NIOLoopBound(context, eventLoop: context.eventLoop)
    context.writeAndFlush(wrapOutboundOut(.end(nil))).whenComplete { _ in
      if closes { bound.value.close(promise: nil) }
    }
  }

  func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
    if event is IdleStateHandler.IdleStateEvent { return context.close(promise: nil) }
    context.fireUserInboundEventTriggered(event)
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
}
