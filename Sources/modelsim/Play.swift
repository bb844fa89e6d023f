import NIOCore

/// Plays one answer, step by step: a machine that is asked for the next bytes and says what to do after them.
///
/// It knows neither clock nor socket. `step` is to be called with an empty buffer until it returns something
/// else than `wait`; the buffer's bytes are to be sent before the returned step is carried out.
struct Play {
  enum Step: Equatable {
    /// Ask again after so many nanoseconds (0: as soon as the connection takes more).
    case wait(Int64)
    case finish
    case close
    case reset
    /// Send nothing more, ever.
    case stall
  }

  enum Content {
    case reply(Reply)
    case rendition(Rendition)
  }

  private enum Phase {
    case begin, answer
    case piece(Int)
    case trickle(ByteBuffer, every: Int64)
    case over
  }

  var content: Content
  var fault: Fault?
  var ttft = Distribution.zero
  var perToken = Distribution.zero
  /// What both are multiplied with.
  var slowdown = 1.0
  var random: SeededRandom
  /// The request's number.
  var number: UInt64
  var keepsAlive = true
  var dialect = Dialect.openai
  /// HTTP/1.0 knows no chunks: a stream then ends with its connection.
  private(set) var status = 200
  /// Steps of a stream that have been rendered, the opening included.
  private(set) var chunks = 0
  /// Completion tokens that have been rendered, of all choices.
  private(set) var tokens = 0
  /// Whether the answer was spoilt by its fault.
  private(set) var isSpoilt = false
  private var phase = Phase.begin

  /// So much is rendered at once before the connection is asked whether it takes more.
  static let batch = 64 * 1024

  init(_ content: Content, number: UInt64, random: SeededRandom) {
    self.content = content
    self.number = number
    self.random = random
  }

  mutating func step(into out: inout ByteBuffer) -> Step {
    switch phase {
    case .begin:
      phase = .answer
      let delay = firstDelay()
      return delay > 0 ? .wait(delay) : answer(into: &out)
    case .answer: return answer(into: &out)
    case .piece(let index): return pieces(from: index, into: &out)
    case .trickle(var rest, let interval):
      if let byte = rest.readSlice(length: 1) { out.writeImmutableBuffer(byte) }
      phase = .trickle(rest, every: interval)
      return rest.readableBytes > 0 ? .wait(max(interval, 1)) : over(.finish)
    case .over: preconditionFailure("Play: asked for more after its end")
    }
  }

  private mutating func over(_ step: Step) -> Step {
    phase = .over
    if step == .finish { return keepsAlive ? .finish : .close }
    isSpoilt = true
    return step
  }

  /// A stream's delay to its first token, or a plain answer's to its last.
  private mutating func firstDelay() -> Int64 {
    guard case .rendition(let rendition) = content else { return 0 }
    var delay = ttft.draw(&random)
    if !rendition.isStream, perToken != .zero {
      for _ in 1..<max(2, rendition.answer.pieceCount) { delay += perToken.draw(&random) }
    }
    return slowed(delay)
  }

  private func slowed(_ delay: Int64) -> Int64 {
    min(slowdown == 1 ? delay : Int64(Double(delay) * slowdown), Distribution.longest)
  }

  private mutating func answer(into out: inout ByteBuffer) -> Step {
    switch fault {
    case .reset(.beforeFirstByte): return over(.reset)
    case .close(.beforeFirstByte): return over(.close)
    case .stall(.beforeFirstByte): return over(.stall)
    case .garbage:
      out.writeBytes([0x15, 0x03, 0x03, 0x00, 0x02, 0x02, 0x28, 0xFF, 0x00, 0x0A, 0x0D, 0x7F])
      return over(.close)
    case .status(let status, let retryAfter, let body):
      let reply = Reply.fault(status, retryAfter: retryAfter, body: body, in: dialect, number: number)
      return spoilt(reply, into: &out)
    case .redirect(let url):
      return spoilt(Reply(status: 307, headers: "location: \(url)\r\n", body: ""), into: &out)
    case .empty: return spoilt(Reply(status: 200, body: ""), into: &out)
    case .drip(let interval): return trickle(every: interval, into: &out)
    case .slowBody(let interval): return trickle(every: interval, headAtOnce: true, into: &out)
    default: return honestAnswer(into: &out)
    }
  }

  private mutating func spoilt(_ reply: Reply, into out: inout ByteBuffer) -> Step {
    write(reply, into: &out)
    isSpoilt = true
    return over(.finish)
  }

  private mutating func honestAnswer(into out: inout ByteBuffer) -> Step {
    switch content {
    case .reply(let reply):
      write(reply, into: &out)
      return whole(into: &out)
    case .rendition(let rendition) where rendition.isStream:
      return opening(rendition, into: &out)
    case .rendition(let rendition):
      writePlain(rendition, into: &out)
      return whole(into: &out)
    }
  }

  /// Ends a plain answer that stands in `out`, at its half if its fault says so.
  private mutating func whole(into out: inout ByteBuffer) -> Step {
    switch fault {
    case .reset(.midStream): return cut(&out, .reset)
    case .close(.midStream): return cut(&out, .close)
    case .stall(.midStream): return cut(&out, .stall)
    default: return over(.finish)
    }
  }

  private mutating func cut(_ out: inout ByteBuffer, _ step: Step) -> Step {
    let head = headLength(of: out)
    out.moveWriterIndex(to: out.readerIndex + head + (out.readableBytes - head) / 2)
    return over(step)
  }

  /// Renders the whole answer at once, then sends it byte by byte.
  private mutating func trickle(every interval: Int64, headAtOnce: Bool = false, into out: inout ByteBuffer)
    -> Step
  {
    fault = nil
    perToken = .zero
    var answer = ByteBuffer()
    while case .wait = step(into: &answer) {}
    let start = headAtOnce ? headLength(of: answer) : 1
    if let first = answer.readSlice(length: start) { out.writeImmutableBuffer(first) }
    isSpoilt = true
    phase = .trickle(answer, every: interval)
    return answer.readableBytes > 0 ? .wait(max(interval, 1)) : over(.finish)
  }

  private func headLength(of answer: ByteBuffer) -> Int {
    let bytes = answer.readableBytesView
    var index = bytes.startIndex
    while index + 4 <= bytes.endIndex {
      if bytes[index] == 0x0D, bytes[index + 1] == 0x0A, bytes[index + 2] == 0x0D, bytes[index + 3] == 0x0A {
        return index + 4 - bytes.startIndex
      }
      index += 1
    }
    return bytes.count
  }
}

// MARK: - Plain answers

extension Play {
  private mutating func write(_ reply: Reply, into out: inout ByteBuffer) {
    status = reply.status
    var head = ResponseHead(length: .bytes(reply.body.utf8.count), keepsAlive: keepsAlive, number: number)
    head.status = reply.status
    head.headers = reply.headers + dialect.headers(number: number) + oversized
    head.write(into: &out)
    out.writeString(reply.body)
  }

  private mutating func writePlain(_ rendition: Rendition, into out: inout ByteBuffer) {
    // Most bodies have a length of three digits: those are written behind their head, and its length amended.
    var head = ResponseHead(length: .bytes(100), keepsAlive: keepsAlive, number: number)
    if fault == .malformedSSE { head.kind = .events }
    head.headers = dialect.headers(number: number) + oversized
    let start = out.writerIndex
    let digits = head.write(into: &out) ?? start
    let bodyStart = out.writerIndex
    writeBody(rendition, into: &out)
    let count = out.writerIndex - bodyStart
    if (100...999).contains(count) {
      out.setString(String(count), at: digits)
    } else {
      let body = out.getSlice(at: bodyStart, length: count) ?? ByteBuffer()
      out.moveWriterIndex(to: start)
      head.length = .bytes(count)
      head.write(into: &out)
      out.writeImmutableBuffer(body)
    }
  }

  private mutating func writeBody(_ rendition: Rendition, into out: inout ByteBuffer) {
    let start = out.writerIndex
    rendition.writeBody(into: &out)
    tokens = rendition.answer.totalCompletionTokens
    isSpoilt = fault == .malformedJSON || fault == .malformedSSE
    guard fault == .malformedJSON else { return }
    out.moveWriterIndex(to: start + (out.writerIndex - start) * 2 / 3)
    out.writeStaticString(",,}")
  }

  /// The header line of an oversized header, else nothing.
  fileprivate var oversized: String {
    guard case .oversizedHeader(let count) = fault else { return "" }
    return "x-oversized: " + String(repeating: "a", count: count) + "\r\n"
  }
}

// MARK: - Streams

extension Play {
  private mutating func opening(_ rendition: Rendition, into out: inout ByteBuffer) -> Step {
    var head = ResponseHead(
      length: keepsAlive ? .chunked : .untilClose, keepsAlive: keepsAlive,
      kind: dialect == .ollama ? .lines : .events, number: number)
    head.headers = dialect.headers(number: number) + oversized
    head.write(into: &out)
    chunk(into: &out) { buffer in rendition.writeOpening(into: &buffer) }
    return interruption(into: &out) ?? pieces(from: 0, into: &out)
  }

  private mutating func pieces(from first: Int, into out: inout ByteBuffer) -> Step {
    guard case .rendition(let rendition) = content else { preconditionFailure("Play: a reply has no pieces") }
    let count = rendition.answer.pieceCount
    var index = first
    while index < count {
      chunk(into: &out) { buffer in rendition.writePiece(index, into: &buffer) }
      tokens += rendition.answer.choices
      index += 1
      if let step = interruption(into: &out) { return step }
      guard index < count else { break }
      let delay = slowed(perToken.draw(&random))
      if delay > 0 || out.readableBytes >= Self.batch {
        phase = .piece(index)
        return .wait(delay)
      }
    }
    return closing(rendition, into: &out)
  }

  private mutating func closing(_ rendition: Rendition, into out: inout ByteBuffer) -> Step {
    if let step = interruption(into: &out, isLast: true) { return step }
    chunk(into: &out) { buffer in rendition.writeClosing(into: &buffer) }
    if keepsAlive { out.writeStaticString("0\r\n\r\n") }
    return over(.finish)
  }

  /// What the fault does after the chunks so far; `isLast`: the closing would come next, so it is now or never.
  private mutating func interruption(into out: inout ByteBuffer, isLast: Bool = false) -> Step? {
    func isDue(_ after: Int) -> Bool { chunks >= after || isLast }
    switch fault {
    case .reset(.midStream(let after)) where isDue(after): return over(.reset)
    case .close(.midStream(let after)) where isDue(after): return over(.close)
    case .stall(.midStream(let after)) where isDue(after): return over(.stall)
    case .errorEvent(let after) where isDue(after):
      let event = dialect.errorEvent(number: number)
      fault = nil
      chunk(into: &out) { buffer in buffer.writeString(event) }
      if keepsAlive { out.writeStaticString("0\r\n\r\n") }
      isSpoilt = true
      return over(.finish)
    default: return nil
    }
  }

  /// Renders events and frames them as one HTTP chunk; nothing for no events.
  @inline(__always)
  private mutating func chunk(into out: inout ByteBuffer, events: (inout ByteBuffer) -> Void) {
    var body = ByteBufferAllocator().buffer(capacity: 320)
    events(&body)
    chunks += 1
    guard body.readableBytes > 0 else { return }
    spoil(&body)
    if keepsAlive {
      out.writeString(String(body.readableBytes, radix: 16))
      out.writeStaticString("\r\n")
      out.writeImmutableBuffer(body)
      out.writeStaticString("\r\n")
    } else {
      out.writeImmutableBuffer(body)
    }
  }

  /// Breaks the third chunk's events, if the fault says so.
  private mutating func spoil(_ body: inout ByteBuffer) {
    guard chunks == 3 else { return }
    switch fault {
    case .malformedJSON:
      body.moveWriterIndex(to: body.writerIndex * 2 / 3)
      body.writeStaticString(",,}\n\n")
      isSpoilt = true
    case .malformedSSE:
      body.moveReaderIndex(forwardBy: 2)
      body.moveWriterIndex(to: body.writerIndex - 2)
      body.writeStaticString("\u{0}\r:\rdata\n")
      isSpoilt = true
    default: break
    }
  }
}
