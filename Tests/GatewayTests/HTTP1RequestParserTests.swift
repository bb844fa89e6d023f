import Gateway
import NIOCore
import Testing

struct HTTP1RequestParserTests {
  private func head(_ text: String) throws -> RequestHead {
    var parser = HTTP1RequestParser()
    var buffer = ByteBuffer(string: text)
    guard case .head(let head) = parser.next(&buffer) else { throw Missing() }
    return head
  }

  private struct Missing: Error {}

  private func get(_ target: String, _ headers: String = "") throws -> RequestHead {
    try head("GET \(target) HTTP/1.1\r\nhost: a\r\n\(headers)\r\n")
  }

  @Test func aHeadTellsItsParts() throws {
    let head = try head(
      "POST /v1/chat?x=1&y HTTP/1.1\r\nHost: a:80\r\nX-Odd: \t two  words \t\r\nCONTENT-length: 05\r\n\r\nhello"
    )
    #expect(head.method == .post)
    #expect(head.methodName == "POST")
    #expect(head.pathString == "/v1/chat")
    #expect(head.pathEquals("/v1/chat"))
    #expect(!head.pathEquals("/v1/chat?"))
    #expect(head.pathHasPrefix("/v1/"))
    #expect(!head.pathHasPrefix("/v1/chats"))
    #expect(head.query.map { String(decoding: $0, as: UTF8.self) } == "x=1&y")
    #expect(head.minorVersion == 1)
    #expect(head.body == .length(5))
    #expect(head.fields.map(\.name) == ["Host", "X-Odd", "CONTENT-length"])
    #expect(head.fields.map(\.value) == ["a:80", "two  words", "05"])
    #expect(head.string(.host) == "a:80")
    #expect(head.first(.contentLength).map(Array.init) == "05".bytes)
    #expect(head.withFirst(.host) { $0.count } == 4)
    #expect(head.string(.authorization) == nil)
    #expect(head.first(.other) == nil)
    #expect(head.count(.host) == 1)
    #expect(head.count(.other) == 1)
  }

  @Test func aRepeatedHeaderIsCountedAndItsFirstValueFound() throws {
    let head = try get("/", "Authorization: one\r\nauthorization: two\r\n")
    #expect(head.count(.authorization) == 2)
    #expect(head.string(.authorization) == "one")
  }

  @Test func bytesOfEveryFieldAreLent() throws {
    var lines: [String] = []
    try get("/", "X-A: 1\r\n").forEachField { known, name, value in
      lines.append(
        "\(known) \(String(decoding: name, as: UTF8.self)) \(String(decoding: value, as: UTF8.self))")
    }
    #expect(lines == ["host host a", "other X-A 1"])
  }

  @Test(arguments: [
    ("/", "/", nil), ("/a%20b/..", "/a%20b/..", nil), ("/a?", "/a", ""), ("/a??b", "/a", "?b"),
    ("//a", "//a", nil),
    ("http://a/b?c", "/b", "c"), ("HTTPS://a/b", "/b", nil), ("http://a", "/", nil), ("http://a?c", "/", "c"),
  ])
  func aTargetIsReadInOriginAndAbsoluteForm(_ target: String, _ path: String, _ query: String?) throws {
    let head = try get(target)
    #expect(head.pathString == path)
    #expect(head.query.map { String(decoding: $0, as: UTF8.self) } == query)
    #expect(String(decoding: head.target, as: UTF8.self) == target)
  }

  @Test func optionsMayAskAboutTheWholeServer() throws {
    let head = try head("OPTIONS * HTTP/1.1\r\nhost: a\r\n\r\n")
    #expect(head.method == .options)
    #expect(head.pathString == "*")
  }

  @Test(arguments: [
    ("GET", HTTPMethod.get), ("POST", .post), ("PUT", .put), ("DELETE", .delete), ("HEAD", .head),
    ("PATCH", .patch),
    ("get", .other), ("M-SEARCH", .other), ("X", .other),
  ])
  func methodsAreToldApartWithTheirCase(_ name: String, _ method: HTTPMethod) throws {
    let head = try head("\(name) / HTTP/1.1\r\nhost: a\r\n\r\n")
    #expect(head.method == method)
    #expect(head.methodName == name)
  }

  @Test(arguments: [
    ("1.1", "", true), ("1.0", "", false), ("1.1", "close", false), ("1.1", "CLOSE", false),
    ("1.0", "keep-alive", true),
    ("1.0", "x, Keep-Alive ,y", true), ("1.1", "x,, close", false), ("1.0", "keep-alive, close", false),
    ("1.1", "keep-alive", true), ("1.1", "closed", true),
  ])
  func connectionOptionsDecideOnKeepAlive(_ version: String, _ options: String, _ keepAlive: Bool) throws {
    let head = try head("GET / HTTP/\(version)\r\nhost: a\r\nconnection: \(options)\r\n\r\n")
    #expect(head.keepAlive == keepAlive)
  }

  @Test func severalConnectionHeadersAreOneList() throws {
    #expect(try !get("/", "connection: x\r\nconnection: close\r\n").keepAlive)
  }

  @Test func expectationsAreKnown() throws {
    let length = "content-length: 1\r\n"
    #expect(try get("/", "expect: 100-Continue\r\n" + length).expectsContinue)
    #expect(try !get("/", "expect: 100-continue\r\n").expectsContinue)
    #expect(try !head("GET / HTTP/1.0\r\nexpect: magic\r\n\(length)\r\n").expectsContinue)
  }

  @Test func aBodyIsFoundByLengthOrChunks() {
    let chunked = HTTP1Transcript(
      ours:
        "POST / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: Chunked\r\n\r\n5\r\nhello\r\n0A\r\n, my world\r\n0\r\n\r\n"
        .bytes)
    #expect(chunked.requests.map(\.body) == ["hello, my world".bytes])
    #expect(chunked.end == .idle)
    let sized = HTTP1Transcript(ours: "POST / HTTP/1.0\r\ncontent-length: 5\r\n\r\nhelloGET ".bytes)
    #expect(sized.requests.map(\.body) == ["hello".bytes])
    #expect(sized.end == .closed)
    let none = HTTP1Transcript(ours: "POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 0\r\n\r\n".bytes)
    #expect(none.requests.map(\.isComplete) == [true])
  }

  @Test func aBodyIsASliceOfTheInput() throws {
    var parser = HTTP1RequestParser()
    var buffer = ByteBuffer(string: "POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 5\r\n\r\nhello")
    let place = buffer.withUnsafeReadableBytes { $0.baseAddress.map { $0 + 47 } }
    _ = parser.next(&buffer)
    guard case .body(let body) = parser.next(&buffer) else { throw Missing() }
    #expect(body.withUnsafeReadableBytes { $0.baseAddress } == place)
  }

  @Test func idleMeansThatNothingOfARequestWasSeen() {
    var parser = HTTP1RequestParser()
    var buffer = ByteBuffer()
    #expect(parser.isIdle)
    for (index, byte) in "\r\nGET / HTTP/1.1\r\nhost: a\r\n\r\n".utf8.enumerated() {
      buffer.writeInteger(byte)
      if case .needsMore = parser.next(&buffer) { #expect(!parser.isIdle, "after byte \(index)") }
    }
    #expect(!parser.isIdle)
    if case .end = parser.next(&buffer) {} else { Issue.record("the request has no end") }
    #expect(parser.isIdle)
  }

  @Test func nothingFollowsTheLastRequest() {
    let first = "POST / HTTP/1.1\r\nhost: a\r\nconnection: close\r\ncontent-length: 1\r\n\r\na"
    let transcript = HTTP1Transcript(ours: (first + "GET / HTTP/1.1\r\nhost: a\r\n\r\n").bytes)
    #expect(transcript.requests.count == 1)
    #expect(transcript.end == .closed)
    #expect(HTTP1Transcript(ours: first.bytes) == transcript)
    #expect(HTTP1Transcript(ours: "GET / HTTP/1.0\r\n\r\n\0".bytes).end == .closed)
  }

  @Test func aFailureIsFinal() {
    var parser = HTTP1RequestParser()
    var buffer = ByteBuffer(string: "\nGET / HTTP/1.1\r\nhost: a\r\n\r\n")
    for _ in 0..<3 {
      guard case .failed(let error) = parser.next(&buffer) else {
        Issue.record("it went on")
        return
      }
      #expect(error.kind == .bareLineFeed)
    }
  }

  @Test func aHeadIsMadeFromPartsByTheSameRules() throws {
    let head = try RequestHead(
      method: "POST", target: "/v1?q", headers: [("Host", "a"), ("X-Api-Key", " k ")], body: .chunked)
    #expect(head.method == .post)
    #expect(head.pathEquals("/v1"))
    #expect(head.string(.xAPIKey) == "k")
    #expect(head.body == .chunked)
    #expect(
      try RequestHead(method: "GET", target: "/", headers: [("host", "a"), ("content-length", "3")]).body
        == .length(3))
  }

  @Test(arguments: [
    ("GE T", "/", "x", "y"), ("GET", "/ HTTP/1.1\r\nx: y", "x", "y"), ("GET", "/\r\n", "x", "y"),
    ("GET", "/", "x: y", "z"),
    ("GET", "/", "x\r\ny", "z"), ("GET", "/", "x", "y\r\nz: a"), ("GET", "/", "x", "y\0"),
    ("GET", "/", "", "y"),
    ("GET", "/", "host", "b"), ("CONNECT", "/", "x", "y"), ("GET", "a", "x", "y"), ("", "/", "x", "y"),
    ("GET", "", "x", "y"),
  ])
  func partsThatWouldBeRefusedAsTextAreRefused(
    _ method: String, _ target: String, _ name: String, _ value: String
  ) {
    #expect(throws: HTTP1ParseError.self) {
      try RequestHead(method: method, target: target, headers: [("host", "a"), (name, value)])
    }
  }
}
