import NIOCore

/// Cuts a connection's bytes into requests: a machine that is fed an inbox and asked for the next request.
///
/// Bytes of later (pipelined) requests stay in the inbox until asked for.
struct RequestReader {
  enum Outcome {
    /// Nothing whole yet; ask again when there is more.
    case needsMore
    /// Nothing whole yet, and the client waits for "100 Continue" before it goes on. Told once per request.
    case wantsContinue
    case request(HTTPRequest)
    case refused(HTTPFault)
  }

  private enum State {
    case head
    case sized(RequestHead, Int)
    case chunked(RequestHead, ChunkedBody)
  }

  private var state = State.head
  private let bodyLimit: Int

  static let headLimit = 128 * 1024

  init(bodyLimit: Int) {
    self.bodyLimit = bodyLimit
  }

  /// Takes the next request out of `inbox`, or as much of it as can be taken already.
  mutating func next(_ inbox: inout ByteBuffer) -> Outcome {
    do throws(HTTPFault) {
      var isNew = false
      if case .head = state {
        guard try takeHead(&inbox) else { return .needsMore }
        isNew = true
      }
      return try takeBody(&inbox, isNew: isNew)
    } catch {
      return .refused(error)
    }
  }

  private mutating func takeHead(_ inbox: inout ByteBuffer) throws(HTTPFault) -> Bool {
    let parsed = inbox.withUnsafeReadableBytes { bytes in
      Result { () throws(HTTPFault) -> (RequestHead, Int)? in
        guard let count = Self.headLength(bytes) else {
          if bytes.count > Self.headLimit { throw HTTPFault(status: 431, reason: "the head is too large") }
          return nil
        }
        return (try HeadParser.parse(UnsafeRawBufferPointer(rebasing: bytes[..<count])), count)
      }
    }
    guard let (head, count) = try parsed.get() else { return false }
    inbox.moveReaderIndex(forwardBy: count)
    switch head.framing {
    case .sized(let count):
      guard count <= bodyLimit else { throw HTTPFault(status: 413, reason: "the body is too large") }
      state = .sized(head, count)
    case .chunked: state = .chunked(head, ChunkedBody(limit: bodyLimit))
    }
    return true
  }

  private static func headLength(_ bytes: UnsafeRawBufferPointer) -> Int? {
    bytes.offset(of: "\r\n\r\n").map { $0 + 4 }
  }

  private mutating func takeBody(_ inbox: inout ByteBuffer, isNew: Bool) throws(HTTPFault) -> Outcome {
    switch state {
    case .head: preconditionFailure("RequestReader: a body before its head")
    case .sized(let head, let count):
      guard let body = inbox.readSlice(length: count) else { return waiting(head, isNew: isNew) }
      state = .head
      return .request(HTTPRequest(head: head, body: body))
    case .chunked(let head, var body):
      state = .head
      let isWhole = try body.take(&inbox)
      guard !isWhole else { return .request(HTTPRequest(head: head, body: body.bytes)) }
      state = .chunked(head, body)
      return waiting(head, isNew: isNew)
    }
  }

  private func waiting(_ head: RequestHead, isNew: Bool) -> Outcome {
    isNew && head.expectsContinue ? .wantsContinue : .needsMore
  }
}

/// A body in chunks, gathered as it comes.
struct ChunkedBody {
  private(set) var bytes = ByteBuffer()
  private var left = 0
  private var state = State.size
  private let limit: Int

  private enum State {
    case size, data, dataEnd, trailers
  }

  init(limit: Int) {
    self.limit = limit
  }

  /// Takes what `inbox` has; true when the body is whole.
  mutating func take(_ inbox: inout ByteBuffer) throws(HTTPFault) -> Bool {
    while true {
      switch state {
      case .size:
        guard let line = try readLine(&inbox) else { return false }
        guard let size = Int(line.prefix { $0 != ";" }, radix: 16), size >= 0 else {
          throw .bad("bad chunk size")
        }
        guard size <= limit - bytes.readableBytes else {
          throw HTTPFault(status: 413, reason: "the body is too large")
        }
        left = size
        state = size == 0 ? .trailers : .data
      case .data:
        guard var part = inbox.readSlice(length: min(left, inbox.readableBytes)), part.readableBytes > 0
        else {
          return false
        }
        left -= part.readableBytes
        bytes.writeBuffer(&part)
        if left == 0 { state = .dataEnd }
      case .dataEnd:
        guard let line = try readLine(&inbox) else { return false }
        guard line.isEmpty else { throw .bad("a chunk is longer than its size") }
        state = .size
      case .trailers:
        guard let line = try readLine(&inbox) else { return false }
        if line.isEmpty { return true }
      }
    }
  }

  private func readLine(_ inbox: inout ByteBuffer) throws(HTTPFault) -> String? {
    guard let feed = inbox.readableBytesView.firstIndex(of: 0x0A) else {
      if inbox.readableBytes > 8192 { throw .bad("a chunk's line is too long") }
      return nil
    }
    let count = feed - inbox.readerIndex
    guard let line = inbox.readString(length: count + 1), line.utf8.dropLast().last == 0x0D else {
      throw .bad("bare LF between chunks")
    }
    return String(decoding: line.utf8.dropLast(2), as: UTF8.self)
  }
}
