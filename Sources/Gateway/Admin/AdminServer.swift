import NIOCore
import NIOHTTP1
import NIOPosix
import Settings
import Telemetry

/// The admin port: `/livez`, `/readyz`, `/metrics`, `/keys` and `/api/explain`, on a loop of its own, so that it answers while the workers are busy.
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

/// One admin connection. Health needs no token: probes have none.
private final class AdminHandler: ChannelInboundHandler {
  typealias InboundIn = HTTPServerRequestPart
  typealias OutboundOut = HTTPServerResponsePart

  /// Bytes of a request's body; more is refused.
  private static let bodyLimit = 64 << 10
  /// A client's request is let be larger.
  private var bodyLimit: Int { head?.isOfExplain == true ? AdminExplain.bodyLimit : Self.bodyLimit }

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
    case .body(var bytes): if body.readableBytes <= bodyLimit { body.writeBuffer(&bytes) }
    case .end:
      guard let head else { return }
      answer(head, body, context)
      body = ByteBuffer()
    }
  }

  private func answer(_ head: HTTPRequestHead, _ body: ByteBuffer, _ context: ChannelHandlerContext) {
    let replica = replica
    let isAllowed = isAllowed(head)
    let hasToken = token != nil
    let bound = NIOLoopBound((handler: self, context: context), eventLoop: context.eventLoop)
    context.eventLoop.makeFutureWithTask {
      if head.isOfExplain {
        return await Self.explain(head, body, replica, isAllowed: isAllowed, hasToken: hasToken)
      }
      guard head.uri.hasPrefix("/keys") else { return await Self.answer(head, replica, isAllowed: isAllowed) }
      return await Self.keys(head, String(buffer: body), replica, isAllowed: isAllowed, hasToken: hasToken)
    }
    .whenSuccess { answer in bound.value.handler.write(answer, to: head, bound.value.context) }
  }

  private func isAllowed(_ head: HTTPRequestHead) -> Bool {
    guard let token else { return true }
    let wanted = Array("Bearer \(token.revealed)".utf8)
    return head.headers["authorization"].contains { Self.equal(Array($0.utf8), wanted) }
  }

  /// In a time that tells nothing but the length.
  private static func equal(_ given: [UInt8], _ wanted: [UInt8]) -> Bool {
    given.count == wanted.count && zip(given, wanted).reduce(0) { $0 | ($1.0 ^ $1.1) } == 0
  }

  private static let unauthorized = AdminAnswer(
    status: .unauthorized, text: "send Authorization: Bearer TOKEN (admin.token)\n")

  private static func answer(_ head: HTTPRequestHead, _ replica: Replica, isAllowed: Bool) async
    -> AdminAnswer
  {
    let path = head.uri.prefix { $0 != "?" }
    guard head.method == .GET || head.method == .HEAD else {
      return AdminAnswer(status: .methodNotAllowed, text: "GET only\n")
    }
    switch path {
    case "/livez":
      guard replica.isAlive(now: SystemClock.monotonicNanoseconds()) else {
        return AdminAnswer(status: .serviceUnavailable, text: "a worker has stood still for 30 s\n")
      }
      return AdminAnswer(status: .ok, text: "ok\n")
    case "/readyz": return readiness(replica)
    case "/metrics":
      guard isAllowed else { return unauthorized }
      return AdminAnswer(status: .ok, text: await replica.metrics(), type: PrometheusText.contentType)
    default:
      return AdminAnswer(
        status: .notFound, text: "there are /livez, /readyz, /metrics, /keys and /api/explain\n")
    }
  }

  /// It tells what tenants have left: only to whom shows the token.
  private static func explain(
    _ head: HTTPRequestHead, _ body: ByteBuffer, _ replica: Replica, isAllowed: Bool, hasToken: Bool
  ) async -> AdminAnswer {
    guard hasToken else {
      return .error(
        .forbidden, "set admin.token in the configuration: requests are explained with a token only")
    }
    guard isAllowed else { return unauthorized }
    return await AdminExplain(replica: replica).answer(head, body)
  }

  /// Whoever can make keys must have shown a token: without one in the configuration nobody can.
  private static func keys(
    _ head: HTTPRequestHead, _ body: String, _ replica: Replica, isAllowed: Bool, hasToken: Bool
  ) async -> AdminAnswer {
    guard hasToken else {
      return .error(.forbidden, "set admin.token in the configuration: keys are made with a token only")
    }
    guard isAllowed else { return unauthorized }
    guard body.utf8.count <= bodyLimit else {
      return .error(.payloadTooLarge, "send at most \(bodyLimit) bytes")
    }
    let path = head.uri.prefix { $0 != "?" }.split(separator: "/").map(String.init)
    guard path.first == "keys" else { return .error(.notFound, "there is /keys") }
    return await replica.adminKeys().answer(
      head.method, Array(path.dropFirst()), query: head.query, body: body)
  }

  private static func readiness(_ replica: Replica) -> AdminAnswer {
    switch replica.phase {
    case .ready: AdminAnswer(status: .ok, text: "ok\n")
    case .starting: AdminAnswer(status: .serviceUnavailable, text: "starting\n")
    case .draining, .stopped: AdminAnswer(status: .serviceUnavailable, text: "draining\n")
    }
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
