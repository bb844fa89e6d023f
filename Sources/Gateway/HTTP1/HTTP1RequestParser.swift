package import NIOCore

/// Reads the requests of one connection, strictly: what two servers might read differently is refused, so that
/// nothing can be smuggled through to whoever stands behind (RFC 9112, and the trophies of the HTTP Garden).
///
/// It does no I/O and keeps no bytes: what it cannot use yet stays in the caller's buffer, which the caller appends to
/// and never takes from or clears. An incomplete head is at most `HTTP1Limits.maxHead` bytes, incomplete framing of
/// a chunk 18; everything else is consumed at once.
package struct HTTP1RequestParser: Sendable {
  package enum Event: Sendable {
    /// All that could be used was used.
    case needsMore
    case head(RequestHead)
    /// Some bytes of the body, never empty: a slice of the input, not a copy.
    case body(ByteBuffer)
    /// The request is complete.
    case end
    /// The input is refused. Every later call says the same; the rest of the input means nothing.
    case failed(HTTP1ParseError)
  }

  private enum State {
    case head, sized, chunked, complete, closed
    case failed(HTTP1ParseError)
  }

  let limits: HTTP1Limits
  private var state = State.head
  private var machine = HeadMachine()
  private var chunks = ChunkMachine()
  /// Bytes of the body that may or, without chunks, will still come.
  private var left = 0
  private var keepsAlive = true

  package init(limits: HTTP1Limits = .init()) {
    self.limits = limits
  }

  /// Whether the last request is complete and nothing of a next one was seen, not even an empty line.
  package var isIdle: Bool {
    switch state {
    case .head: machine.isIdle
    case .closed: true
    case .sized, .chunked, .complete, .failed: false
    }
  }

  /// Whether the last request is complete and was to be the last (`RequestHead.keepAlive`). Whatever follows it is
  /// thrown away: it is no request.
  package var isClosed: Bool {
    if case .closed = state { true } else { false }
  }

  /// Consumes the next event from the start of `buffer`. Call it until it returns `.needsMore` or `.failed`. After
  /// `.end` the next request may follow in the same buffer.
  package mutating func next(_ buffer: inout ByteBuffer) -> Event {
    switch state {
    case .head: return readHead(&buffer)
    case .sized: return readSized(&buffer)
    case .chunked: return readChunked(&buffer)
    case .complete: return end()
    case .closed:
      buffer.moveReaderIndex(to: buffer.writerIndex)
      return .needsMore
    case .failed(let error): return .failed(error)
    }
  }

  private mutating func readHead(_ buffer: inout ByteBuffer) -> Event {
    switch buffer.withUnsafeReadableBytes({ machine.read(ByteRun($0), limits: limits) }) {
    case .incomplete: return .needsMore
    case .failed(let error): return fail(error)
    case .complete(let length):
      let parts = machine.parts
      machine = HeadMachine()
      keepsAlive = parts.keepAlive
      if let error = begin(parts.body) { return fail(error) }
      return .head(RequestHead(storage: Self.slice(&buffer, length), parts: parts))
    }
  }

  /// Prepares for the body; an error refuses it.
  private mutating func begin(_ body: RequestHead.BodyLength) -> HTTP1ParseError? {
    switch body {
    case .none: state = .complete
    case .length(let length):
      if length > limits.maxBody { return HTTP1ParseError(.bodyTooLarge) }
      left = length
      state = .sized
    case .chunked:
      left = limits.maxBody
      chunks = ChunkMachine()
      state = .chunked
    }
    return nil
  }

  private mutating func readSized(_ buffer: inout ByteBuffer) -> Event {
    let count = min(left, buffer.readableBytes)
    if count == 0 { return .needsMore }
    left -= count
    if left == 0 { state = .complete }
    return .body(Self.slice(&buffer, count))
  }

  private mutating func readChunked(_ buffer: inout ByteBuffer) -> Event {
    while chunks.left == 0 {
      switch buffer.withUnsafeReadableBytes({ chunks.read(ByteRun($0)) }) {
      case .incomplete: return .needsMore
      case .failed(let error): return fail(error)
      case .last(let length):
        buffer.moveReaderIndex(forwardBy: length)
        return end()
      case .framing(let length):
        buffer.moveReaderIndex(forwardBy: length)
        if chunks.left > left { return fail(HTTP1ParseError(.bodyTooLarge)) }
      }
    }
    let count = min(chunks.left, buffer.readableBytes)
    if count == 0 { return .needsMore }
    chunks.take(count)
    left -= count
    return .body(Self.slice(&buffer, count))
  }

  private mutating func end() -> Event {
    state = keepsAlive ? .head : .closed
    return .end
  }

  private mutating func fail(_ error: HTTP1ParseError) -> Event {
    state = .failed(error)
    return .failed(error)
  }

  private static func slice(_ buffer: inout ByteBuffer, _ count: Int) -> ByteBuffer {
    guard let slice = buffer.readSlice(length: count) else {
      preconditionFailure("a slice is longer than its buffer")
    }
    return slice
  }
}
