import NIOCore
import NIOPosix
import TestSupport

/// A client of the data port that sees bytes, FIN and RST. No wait is longer than `limit`: it throws then.
final class WireClient: Sendable {
  static let limit = TimeAmount.seconds(20)

  enum End: Sendable { case fin, reset }
  /// What was waited for did not come in time.
  struct TooLate: Error {}
  /// The connection ended before what was waited for.
  struct Ended: Error { var end: End }

  private let channel: any Channel
  private let inbox: NIOLoopBound<Inbox>

  private init(channel: any Channel, inbox: NIOLoopBound<Inbox>) {
    (self.channel, self.inbox) = (channel, inbox)
  }

  /// `receiveBuffer`: bytes that the kernel may keep for us; small ones fill up soon.
  static func connect(port: Int, receiveBuffer: CInt? = nil) async throws -> WireClient {
    var bootstrap = ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
      .connectTimeout(limit)
      .channelOption(.tcpOption(.tcp_nodelay), value: 1)
      .channelInitializer { channel in
        channel.eventLoop.makeCompletedFuture {
          try channel.pipeline.syncOperations.addHandler(Inbox(loop: channel.eventLoop))
        }
      }
    if let receiveBuffer {
      bootstrap = bootstrap.channelOption(.socketOption(.so_rcvbuf), value: .init(receiveBuffer))
    }
    return try await bootstrap.connect(host: "127.0.0.1", port: port).flatMapThrowing { channel in
      let inbox = try channel.pipeline.syncOperations.handler(type: Inbox.self)
      return WireClient(channel: channel, inbox: NIOLoopBound(inbox, eventLoop: channel.eventLoop))
    }.get()
  }

  func send(_ text: String) { channel.writeAndFlush(ByteBuffer(string: text), promise: nil) }
  func close() { channel.close(promise: nil) }
  /// Takes nothing from the kernel until `isReading` is true again.
  func setReading(_ isReading: Bool) async throws {
    try await channel.setOption(.autoRead, value: isReading).get()
  }

  // MARK: Reading

  /// Waits until `parse` makes something of what has come; it must leave the bytes alone until then.
  func take<Value: Sendable>(_ parse: @escaping @Sendable (inout ByteBuffer) -> Value?) async throws -> Value
  {
    try await channel.eventLoop.flatSubmit { [inbox] in inbox.value.take(parse) }.get()
  }

  /// A head alone.
  func head() async throws -> HTTPMessage { try await take { $0.takeHead() } }

  /// An answer whole, its body by Content-Length or chunks.
  func message() async throws -> HTTPMessage {
    var message = try await head()
    if message.first("transfer-encoding") == "chunked" {
      message.body = Array(try await chunks().readableBytesView)
    } else if let length = message.first("content-length").flatMap({ Int($0) }) {
      message.body = try await take { $0.readBytes(length: length) }
    }
    return message
  }

  /// One chunk; the last is empty. A copy: what was taken may share its memory with what comes, which belongs to the loop.
  func chunk() async throws -> ByteBuffer {
    try await take { $0.takeChunk().map { ByteBuffer(bytes: $0.readableBytesView) } }
  }

  /// A chunked body up to its end.
  func chunks() async throws -> ByteBuffer {
    var body = ByteBuffer()
    while true {
      var chunk = try await chunk()
      guard chunk.readableBytes > 0 else { return body }
      body.writeBuffer(&chunk)
    }
  }

  /// Waits for the end, throwing away what comes before it.
  func untilEnd() async throws -> End {
    do {
      return try await take { bytes in
        bytes.clear()
        return nil
      }
    } catch let ended as Ended { return ended.end }
  }
}

/// Keeps what comes until someone takes it.
private final class Inbox: ChannelInboundHandler {
  typealias InboundIn = ByteBuffer

  private let loop: any EventLoop
  private var bytes = ByteBuffer()
  private var end: WireClient.End?
  /// Looks at what has come; true once it is served.
  private var waiter: (() -> Bool)?

  init(loop: any EventLoop) { self.loop = loop }

  func take<Value: Sendable>(_ parse: @escaping (inout ByteBuffer) -> Value?) -> EventLoopFuture<Value> {
    let promise = loop.makePromise(of: Value.self)
    let timeout = loop.assumeIsolated().scheduleTask(in: WireClient.limit) {
      self.waiter = nil
      promise.fail(WireClient.TooLate())
    }
    waiter = { [unowned self] in
      if let value = parse(&bytes) {
        promise.succeed(value)
      } else if let end {
        promise.fail(WireClient.Ended(end: end))
      } else {
        return false
      }
      timeout.cancel()
      return true
    }
    serve()
    return promise.futureResult
  }

  private func serve() {
    if waiter?() == true { waiter = nil }
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    var more = unwrapInboundIn(data)
    if bytes.readableBytes == 0 { bytes = more } else { bytes.writeBuffer(&more) }
    serve()
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    end = .reset
    context.close(promise: nil)
  }

  func channelInactive(context: ChannelHandlerContext) {
    end = end ?? .fin
    serve()
  }
}

extension ByteBuffer {
  /// Takes a whole head off; nil where it has not come to its end.
  fileprivate mutating func takeHead() -> HTTPMessage? {
    guard let end = readableBytesView.firstRange(of: Array("\r\n\r\n".utf8))?.upperBound else { return nil }
    return readString(length: end - readerIndex).map { HTTPMessage(head: $0) }
  }

  /// Takes a whole chunk off; nil where it has not come to its end.
  fileprivate mutating func takeChunk() -> ByteBuffer? {
    guard let end = readableBytesView.firstIndex(of: UInt8(ascii: "\n")) else { return nil }
    let line = end + 1 - readerIndex
    guard let size = getString(at: readerIndex, length: line - 2).flatMap({ Int($0, radix: 16) }),
      readableBytes >= line + size + 2
    else { return nil }
    moveReaderIndex(forwardBy: line)
    defer { moveReaderIndex(forwardBy: 2) }
    return readSlice(length: size)
  }
}
