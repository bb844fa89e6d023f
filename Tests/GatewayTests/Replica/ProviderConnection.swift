import NIOConcurrencyHelpers
import NIOCore
import NIOHTTP1
import Synchronization
import TestSupport

/// One connection of a `ScriptedProvider`: reads requests whole and plays what the script says to each.
final class ProviderConnection: ChannelInboundHandler {
  typealias InboundIn = HTTPServerRequestPart
  typealias OutboundOut = HTTPServerResponsePart

  private let state: ProviderState
  private var head: HTTPRequestHead?
  private var body = ByteBuffer()

  init(state: ProviderState) { self.state = state }

  func channelActive(context: ChannelHandlerContext) {
    state.open.add(1, ordering: .relaxed)
    context.fireChannelActive()
  }

  func channelInactive(context: ChannelHandlerContext) {
    state.open.subtract(1, ordering: .relaxed)
    context.fireChannelInactive()
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    switch unwrapInboundIn(data) {
    case .head(let head):
      self.head = head
      body.clear()
    case .body(var bytes): body.writeBuffer(&bytes)
    case .end: answer(context)
    }
  }

  private func answer(_ context: ChannelHandlerContext) {
    guard let head else { return }
    let request = ScriptedProvider.Request(
      target: head.uri, fields: head.headers, body: String(buffer: body))
    state.requests.withLockedValue { $0.append(request) }
    state.requestCount.add(1, ordering: .relaxed)
    switch state.script(request) {
    case .answer(let content): write(Wire.answer(content), status: .ok, [:], context)
    case .stream(let stream):
      write(head: ["content-type": "text/event-stream", "transfer-encoding": "chunked"], context)
      play(stream, from: 0, context)
    case .status(let status, let fields, let body):
      write(body, status: HTTPResponseStatus(statusCode: status), fields, context)
    case .silence: break
    }
  }

  private func write(
    _ body: String, status: HTTPResponseStatus, _ more: HTTPHeaders, _ context: ChannelHandlerContext
  ) {
    var fields: HTTPHeaders = [
      "content-type": "application/json", "content-length": "\(body.utf8.count)", "set-cookie": "a=b",
    ]
    for (name, value) in more { fields.replaceOrAdd(name: name, value: value) }
    write(head: fields, status: status, context)
    context.write(wrapOutboundOut(.body(.byteBuffer(ByteBuffer(string: body)))), promise: nil)
    context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
  }

  private func write(
    head fields: HTTPHeaders, status: HTTPResponseStatus = .ok, _ context: ChannelHandlerContext
  ) {
    let head = HTTPResponseHead(version: .http1_1, status: status, headers: fields)
    context.writeAndFlush(wrapOutboundOut(.head(head)), promise: nil)
  }

  // MARK: Streams

  private func play(_ stream: ScriptedProvider.Stream, from index: Int, _ context: ChannelHandlerContext) {
    guard context.channel.isActive else { return }
    if index == stream.waitsAfter {
      var rest = stream
      rest.waitsAfter = nil
      state.gate.futureResult.assumeIsolated()
        .whenSuccess { [rest] in self.play(rest, from: index, context) }
    } else if index < stream.count {
      write(stream.form(stream.content(index)), context) {
        self.state.events.add(1, ordering: .relaxed)
        self.pause(stream.pause, context) { self.play(stream, from: index + 1, context) }
      }
    } else {
      end(stream.end, context)
    }
  }

  private func pause(_ time: TimeAmount, _ context: ChannelHandlerContext, _ next: @escaping () -> Void) {
    guard time > .zero else { return next() }
    context.eventLoop.assumeIsolated().scheduleTask(in: time, next)
  }

  /// Writes one piece; `next` is called once the kernel has taken it.
  private func write(_ text: String, _ context: ChannelHandlerContext, _ next: @escaping () -> Void) {
    let part = HTTPServerResponsePart.body(.byteBuffer(ByteBuffer(string: text)))
    context.writeAndFlush(wrapOutboundOut(part)).assumeIsolated().whenSuccess(next)
  }

  private func end(_ end: ScriptedProvider.Stream.End, _ context: ChannelHandlerContext) {
    switch end {
    case .whole:
      write(Wire.lastEvents, context) {
        context.writeAndFlush(self.wrapOutboundOut(.end(nil)), promise: nil)
      }
    case .never: break
    case .cut: context.close(promise: nil)
    }
  }
}
