import Gateway
import NIOCore
import NIOEmbedded
import NIOHTTP1
import Policy
import Testing

struct HTTP1ResponseWriterTests {
  private static let date = HTTPDate(unixSeconds: 784_111_777)

  /// What a client reads from `bytes`.
  private func read(_ bytes: ByteBuffer, method: NIOHTTP1.HTTPMethod = .GET) throws -> (
    HTTPResponseHead, String, Bool
  ) {
    let channel = EmbeddedChannel()
    try channel.pipeline.syncOperations.addHandlers(
      HTTPRequestEncoder(), ByteToMessageHandler(HTTPResponseDecoder(leftOverBytesStrategy: .dropBytes)))
    try channel.writeOutbound(
      HTTPClientRequestPart.head(HTTPRequestHead(version: .http1_1, method: method, uri: "/")))
    try channel.writeInbound(bytes)
    var head: HTTPResponseHead?
    var body = ""
    var isComplete = false
    while let part = try channel.readInbound(as: HTTPClientResponsePart.self) {
      switch part {
      case .head(let next): head = next
      case .body(let bytes): body += String(buffer: bytes)
      case .end: isComplete = true
      }
    }
    _ = try? channel.finish(acceptAlreadyClosed: true)
    return (try #require(head), body, isComplete)
  }

  private func head(
    _ status: Int, _ headers: [(name: String, value: String)] = [],
    framing: HTTP1ResponseWriter.Framing = .length(0),
    keepAlive: Bool = true, minorVersion: UInt8 = 1
  ) -> (text: ByteBuffer, dropped: Int) {
    var buffer = ByteBuffer()
    var writer = HTTP1ResponseWriter()
    writer.head(
      status: status, headers: headers, framing: framing, keepAlive: keepAlive, minorVersion: minorVersion,
      date: Self.date,
      into: &buffer)
    return (buffer, writer.dropped)
  }

  @Test func aHeadIsWrittenToTheByte() {
    let (text, dropped) = head(200, [("content-type", "a/b")], framing: .length(12))
    #expect(
      String(buffer: text)
        == "HTTP/1.1 200 OK\r\ndate: Sun, 06 Nov 1994 08:49:37 GMT\r\ncontent-type: a/b\r\ncontent-length: 12\r\n\r\n"
    )
    #expect(dropped == 0)
  }

  @Test func everyStatusIsReadAsItself() throws {
    for status in 200...999 where status != 204 && status != 304 {
      let (head, _, isComplete) = try read(head(status).text)
      #expect(Int(head.status.code) == status)
      #expect(isComplete)
    }
  }

  @Test(arguments: [Int.min, -1, 0, 99, 100, 101, 199, 1000, Int.max])
  func whatIsNoFinalStatusBecomes502(_ status: Int) throws {
    #expect(try read(head(status).text).0.status == .badGateway)
  }

  @Test func framingIsSaidOnce() throws {
    #expect(try read(head(200, framing: .length(5)).text).0.headers["content-length"] == ["5"])
    #expect(try read(head(200, framing: .chunked).text).0.headers["transfer-encoding"] == ["chunked"])
    let untilClose = try read(head(200, framing: .untilClose).text).0.headers
    #expect(untilClose["connection"] == ["close"])
    #expect(untilClose["content-length"].isEmpty && untilClose["transfer-encoding"].isEmpty)
    for status in [204, 304] {
      let (head, _, isComplete) = try read(head(status, framing: .length(5)).text)
      #expect(head.headers["content-length"].isEmpty)
      #expect(isComplete)
    }
  }

  @Test func theConnectionsFateIsSaidWhenItIsNotTheDefault() throws {
    #expect(try read(head(200, keepAlive: true).text).0.headers["connection"].isEmpty)
    #expect(try read(head(200, keepAlive: false).text).0.headers["connection"] == ["close"])
    #expect(
      try read(head(200, keepAlive: true, minorVersion: 0).text).0.headers["connection"] == ["keep-alive"])
    #expect(try read(head(200, keepAlive: false, minorVersion: 0).text).0.headers["connection"] == ["close"])
  }

  @Test(arguments: [
    ("x", "a\r\ny: b"), ("x", "a\rb"), ("x", "a\nb"), ("x", "a\0"), ("x", "\u{7F}"),
    ("x", "abcdefgh\u{1}ijklmnop"), ("", "a"),
    ("x y", "a"), ("x:", "a"), ("x\r\ny", "a"), ("x\u{E9}", "a"), ("x\0", "a"), ("content-length", "5"),
    ("Content-Length", "5"),
    ("Transfer-Encoding", "chunked"), ("Connection", "close"), ("date", "x"), ("Keep-Alive", "x"),
    ("upgrade", "x"), ("te", "x"),
    ("trailer", "x"), ("proxy-connection", "x"),
  ])
  func whatMightSplitTheResponseIsDropped(_ name: String, _ value: String) {
    let (text, dropped) = head(200, [("a", "1"), (name, value), ("b", "2")])
    #expect(dropped == 1)
    #expect(text == head(200, [("a", "1"), ("b", "2")]).text)
    var block = HTTP1FieldBlock()
    let isAdded = block.add(name, value)
    #expect(!isAdded)
    #expect(block == HTTP1FieldBlock())
  }

  @Test func fieldsOfEverySortAreWritten() throws {
    var block = HTTP1FieldBlock()
    block.add("x-model", "m")
    block.add("x-deployment", "d")
    var buffer = ByteBuffer()
    var writer = HTTP1ResponseWriter()
    writer.head(status: 429, framing: .chunked, keepAlive: true, date: Self.date, into: &buffer) { fields in
      fields.add("content-type", "text/plain; charset=\u{FC}")
      fields.add("x-bad", "a\r\nb")
      fields.add(block)
      fields.add("retry-after", 10_203)
      fields.add("x-least", Int.min)
      fields.add(named: "x-named", "n")
      "raw".bytes.withUnsafeBytes { fields.add("x-raw", bytes: $0) }
    }
    #expect(writer.dropped == 1)
    let (head, _, _) = try read(buffer)
    #expect(head.status == .tooManyRequests)
    let fields = head.headers.dropFirst().map { "\($0.name)=\($0.value)" }
    #expect(
      fields == [
        "content-type=text/plain; charset=\u{FC}", "x-model=m", "x-deployment=d", "retry-after=10203",
        "x-least=\(Int.min)",
        "x-named=n", "x-raw=raw", "transfer-encoding=chunked",
      ])
  }

  @Test(arguments: [900, 950, 960, 970, 1024, 5000, 70_000])
  func aHeadMayBeLargerThanExpected(_ size: Int) throws {
    let value = String(repeating: "v", count: size)
    var buffer = ByteBuffer(string: "before")
    var writer = HTTP1ResponseWriter()
    for _ in 0..<2 {
      writer.head(
        status: 200, headers: [("x", value), ("bad", "\0")], framing: .length(0), keepAlive: true,
        date: Self.date, into: &buffer)
    }
    #expect(writer.dropped == 2)
    #expect(buffer.readString(length: 6) == "before")
    #expect(buffer.readableBytes == 2 * head(200, [("x", value)]).text.readableBytes)
  }

  @Test func datesAreOfTheRightForm() {
    let dates = [
      (0, "Thu, 01 Jan 1970 00:00:00 GMT"), (951_782_400, "Tue, 29 Feb 2000 00:00:00 GMT"),
      (951_868_799, "Tue, 29 Feb 2000 23:59:59 GMT"), (951_868_800, "Wed, 01 Mar 2000 00:00:00 GMT"),
      (1_735_689_599, "Tue, 31 Dec 2024 23:59:59 GMT"), (1_735_689_600, "Wed, 01 Jan 2025 00:00:00 GMT"),
      (4_107_542_400, "Mon, 01 Mar 2100 00:00:00 GMT"), (-5, "Thu, 01 Jan 1970 00:00:00 GMT"),
      (Int.max, "Fri, 31 Dec 9999 23:59:59 GMT"),
    ]
    for (seconds, text) in dates { #expect(HTTPDate(unixSeconds: seconds).text == text) }
  }
}

// MARK: - Bodies

extension HTTP1ResponseWriterTests {
  @Test(arguments: [1, 15, 16, 255, 4096, 100_000])
  func chunksAreReadBack(_ size: Int) throws {
    let data = [UInt8](repeating: 0x61, count: size)
    var buffer = head(200, framing: .chunked).text
    data.withUnsafeBytes { HTTP1ResponseWriter.chunk($0, into: &buffer) }
    HTTP1ResponseWriter.chunk(UnsafeRawBufferPointer(start: nil, count: 0), into: &buffer)
    let chunk = HTTP1ResponseWriter.beginChunk(in: &buffer)
    buffer.writeBytes(data)
    buffer.writeString("b")
    #expect(HTTP1ResponseWriter.end(chunk, in: &buffer) == size + 1)
    let empty = HTTP1ResponseWriter.beginChunk(in: &buffer)
    #expect(HTTP1ResponseWriter.end(empty, in: &buffer) == 0)
    #expect(try read(buffer).2 == false)
    HTTP1ResponseWriter.lastChunk(into: &buffer)
    let (_, body, isComplete) = try read(buffer)
    #expect(body == String(repeating: "a", count: 2 * size) + "b")
    #expect(isComplete)
  }

  @Test func aChunkIsWrittenToTheByte() {
    var buffer = ByteBuffer()
    "hello, my friend".bytes.withUnsafeBytes { HTTP1ResponseWriter.chunk($0, into: &buffer) }
    let chunk = HTTP1ResponseWriter.beginChunk(in: &buffer)
    buffer.writeString("hello, friend")
    HTTP1ResponseWriter.end(chunk, in: &buffer)
    #expect(String(buffer: buffer) == "10\r\nhello, my friend\r\n0000000d\r\nhello, friend\r\n")
  }

  @Test func aContinuationPrecedesTheHead() throws {
    var buffer = ByteBuffer()
    HTTP1ResponseWriter.continue100(into: &buffer)
    buffer.writeImmutableBuffer(head(200).text)
    #expect(try read(buffer).0.status == .ok)
  }
}
