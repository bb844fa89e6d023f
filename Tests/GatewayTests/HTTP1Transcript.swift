import Gateway
import NIOCore
import NIOEmbedded
import NIOHTTP1

/// What a parser made of the bytes of one connection, in a form that two parsers can be compared by.
struct HTTP1Transcript: Equatable {
  struct Request: Equatable {
    var method: String
    var target: String
    var fields: [String]
    var body: [UInt8] = []
    var isComplete = false
  }

  enum End: Equatable {
    case idle, incomplete, closed
    case failed(HTTP1ParseError.Kind?)
  }

  var requests: [Request] = []
  var end = End.idle

  var completed: ArraySlice<Request> { requests.prefix { $0.isComplete } }

  var kind: HTTP1ParseError.Kind? {
    if case .failed(let kind) = end { kind } else { nil }
  }
}

extension HTTP1Transcript {
  /// Gives `input` to our parser, cut before each of the offsets `cuts`.
  init(ours input: [UInt8], cuts: [Int] = [], limits: HTTP1Limits = .init()) {
    var parser = HTTP1RequestParser(limits: limits)
    var buffer = ByteBuffer()
    var start = 0
    for end in cuts + [input.count] {
      buffer.writeBytes(input[start..<end])
      start = end
      guard take(from: &parser, &buffer) else { return }
    }
    end = parser.isClosed ? .closed : parser.isIdle ? .idle : .incomplete
  }

  private mutating func take(from parser: inout HTTP1RequestParser, _ buffer: inout ByteBuffer) -> Bool {
    while true {
      switch parser.next(&buffer) {
      case .needsMore: return true
      case .head(let head): requests.append(Request(head))
      case .body(let bytes): requests[requests.count - 1].body += bytes.readableBytesView
      case .end: requests[requests.count - 1].isComplete = true
      case .failed(let error):
        end = .failed(error.kind)
        return false
      }
    }
  }

  /// Gives `input` to NIO's decoder in one piece.
  init(nio input: [UInt8]) throws {
    let channel = EmbeddedChannel()
    let decoder = ByteToMessageHandler(HTTPRequestDecoder(leftOverBytesStrategy: .dropBytes))
    try channel.pipeline.syncOperations.addHandler(decoder)
    do {
      try channel.writeInbound(ByteBuffer(bytes: input))
    } catch {
      end = .failed(nil)
    }
    while let part = try channel.readInbound(as: HTTPServerRequestPart.self) { take(part) }
    _ = try? channel.finish(acceptAlreadyClosed: true)
  }

  private mutating func take(_ part: HTTPServerRequestPart) {
    switch part {
    case .head(let head): requests.append(Request(head))
    case .body(let bytes): requests[requests.count - 1].body += bytes.readableBytesView
    case .end: requests[requests.count - 1].isComplete = true
    }
  }
}

extension HTTP1Transcript.Request {
  init(_ head: RequestHead) {
    let fields = head.fields.map { "\($0.name)=\($0.value)" }
    self.init(
      method: head.methodName, target: String(decoding: head.target, as: UTF8.self), fields: fields)
  }

  /// NIO leaves white space behind values, where RFC 9110 §5.5 says that it is no part of them, and spells one method
  /// in its own way.
  init(_ head: HTTPRequestHead) {
    let fields = head.headers.map { field in
      let blanks = field.value.utf8.reversed().prefix { $0 == 0x20 || $0 == 0x09 }
      return "\(field.name)=\(field.value.dropLast(blanks.count))"
    }
    let method = head.method == .MSEARCH ? "M-SEARCH" : head.method.rawValue
    self.init(method: method, target: head.uri, fields: fields)
  }
}

extension String {
  var bytes: [UInt8] { Array(utf8) }
}
