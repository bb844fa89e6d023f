import Gateway
import Testing

/// Every kind of refusal, each by the shortest input that deserves it, and what is just not refused.
struct HTTP1RefusalTests {
  private typealias Kind = HTTP1ParseError.Kind

  /// Whole inputs.
  private static let inputs: [(Kind, String)] = [
    (.notHTTP, "\u{16}\u{3}\u{1}"), (.notHTTP, "\0GET / HTTP/1.1\r\n"), (.notHTTP, "\u{FF}"),
    (.requestLine, " GET / HTTP/1.1\r\n"), (.notHTTP, "\tGET / HTTP/1.1\r\n"),
    (.bareLineFeed, "\nGET / HTTP/1.1\r\n"), (.emptyLines, "\r\n\r\nGET / HTTP/1.1\r\n"),
    (.requestLine, "GET\r\n"), (.missingVersion, "GET /\r\n"), (.requestLine, "GET  / HTTP/1.1\r\n"),
    (.requestLine, "GET /  HTTP/1.1\r\n"), (.requestLine, "GET / HTTP/1.1 \r\n"),
    (.requestLine, "GET / / HTTP/1.1\r\n"),
    (.requestLine, "GET / http/1.1\r\n"), (.requestLine, "GET / HTTP/1.1\r\r\n"),
    (.requestLine, "GET / HTTP/11\r\n"),
    (.requestLine, "GET / HTTP/1.10\r\n"), (.requestLine, "GET / HTTP/+1.1\r\n"),
    (.requestLine, "GET / ICE/1.1\r\n"),
    (.requestLine, "GET\t/\tHTTP/1.1\r\n"), (.bareLineFeed, "GET / HTTP/1.1\n"),
    (.requestLine, "GET / \rHTTP/1.1\r\n"),
    (.version, "GET / HTTP/0.9\r\n"), (.version, "GET / HTTP/1.2\r\n"), (.version, "GET / HTTP/2.0\r\n"),
    (.version, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"), (.version, "GET / HTTP/3.1\r\n"),
    (.version, "PRI / HTTP/1.1\r\n"),
    (.method, "GE\"T / HTTP/1.1\r\n"), (.method, "GET\0 / HTTP/1.1\r\n"),
    (.method, "GET\u{B} / HTTP/1.1\r\n"),
    (.method, String(repeating: "A", count: 33) + " / HTTP/1.1\r\n"),
    (.connect, "CONNECT a:443 HTTP/1.1\r\n"),
    (.target, "GET v1 HTTP/1.1\r\n"), (.target, "GET * HTTP/1.1\r\n"), (.target, "OPTIONS *a HTTP/1.1\r\n"),
    (.target, "GET a:443 HTTP/1.1\r\n"), (.target, "GET /#a HTTP/1.1\r\n"),
    (.target, "GET /\u{1} HTTP/1.1\r\n"),
    (.target, "GET /\u{7F} HTTP/1.1\r\n"), (.target, "GET /\u{E9} HTTP/1.1\r\n"),
    (.target, "GET /a\tb HTTP/1.1\r\n"),
    (.target, "GET /abcdefghijk\r HTTP/1.1\r\n"), (.target, "GET /abcdefghijk\0lmnopqrstuvw HTTP/1.1\r\n"),
    (.target, "GET http:// HTTP/1.1\r\n"), (.target, "GET http:///a HTTP/1.1\r\n"),
    (.target, "GET ftp://a/ HTTP/1.1\r\n"),
    (.target, "GET http://u@a/ HTTP/1.1\r\n"), (.target, "GET http:/a HTTP/1.1\r\n"),
    (.target, "GET http://a\\b/ HTTP/1.1\r\n"),
  ]

  /// Header lines behind `POST / HTTP/1.1` and `host: a`.
  private static let lines: [(Kind, String)] = [
    (.bareLineFeed, "x: y\n"), (.bareLineFeed, "\n"), (.headerValue, "x: y\r\r\n"),
    (.headerValue, "x: \ry\r\n"),
    (.foldedLine, " x: y\r\n"), (.foldedLine, "\tx: y\r\n"), (.foldedLine, " y\r\n"), (.foldedLine, " \r\n"),
    (.missingColon, "xy\r\n"), (.headerName, "\r: y\r\n"), (.spaceBeforeColon, "x : y\r\n"),
    (.spaceBeforeColon, "x\t: y\r\n"),
    (.headerName, ": y\r\n"), (.headerName, "x y: z\r\n"), (.headerName, "x\0: y\r\n"),
    (.headerName, "\rx: y\r\n"),
    (.headerName, "x\u{E9}: y\r\n"), (.headerName, "\"x\": y\r\n"),
    (.headerName, "x\u{7F}abcdefghijkl: y\r\n"),
    (.headerName, "content\rlength: 1\r\n"), (.headerName, "abcdefgh(jklmnop: y\r\n"),
    (.headerName, "x{: y\r\n"),
    (.headerValue, "x: \0\r\n"), (.headerValue, "x: a\u{1}b\r\n"), (.headerValue, "x: \u{7F}\r\n"),
    (.headerValue, "x: abcdefghijklmnop\u{B}\r\n"), (.headerValue, "x: abc\u{8}defghijklmnopqrst\r\n"),
    (.hostCount, "host: a\r\n"), (.hostCount, "Host: b\r\n"),
    (.contentLength, "content-length:\r\n"), (.contentLength, "content-length:\t5\r\n"),
    (.contentLength, "content-length: 5\t\r\n"), (.transferCoding, "transfer-encoding: chunked\t\r\n"),
    (.transferCoding, "transfer-encoding:\tchunked\r\n"), (.contentLength, "content-length: +5\r\n"),
    (.contentLength, "content-length: -5\r\n"), (.contentLength, "content-length: 5 5\r\n"),
    (.contentLength, "content-length: 5, 5\r\n"), (.contentLength, "content-length: 5,\r\n"),
    (.contentLength, "content-length: 0x5\r\n"), (.contentLength, "content-length: 5.0\r\n"),
    (.contentLength, "content-length: 1e3\r\n"), (.contentLength, "content-length: 5;\r\n"),
    (.contentLength, "content-length: 9223372036854775808\r\n"),
    (.contentLength, "content-length: 18446744073709551621\r\n"),
    (.contentLength, "content-length: \u{665}\r\n"),
    (.repeatedContentLength, "content-length: 5\r\nContent-Length: 5\r\n"),
    (.repeatedContentLength, "content-length: 0\r\ncontent-length: 5\r\n"),
    (.lengthAndCoding, "content-length: 5\r\ntransfer-encoding: chunked\r\n\r\n"),
    (.lengthAndCoding, "transfer-encoding: chunked\r\ncontent-length: 0\r\n\r\n"),
    (.transferCoding, "transfer-encoding:\r\n"), (.transferCoding, "transfer-encoding: identity\r\n"),
    (.transferCoding, "transfer-encoding: xchunked\r\n"),
    (.transferCoding, "transfer-encoding: chunked, identity\r\n"),
    (.transferCoding, "transfer-encoding: chunked, chunked\r\n"),
    (.transferCoding, "transfer-encoding: gzip, chunked\r\n"),
    (.transferCoding, "transfer-encoding: ,chunked\r\n"),
    (.transferCoding, "transfer-encoding: chunked;q=1\r\n"),
    (.transferCoding, "transfer-encoding: \"chunked\"\r\n"),
    (.headerValue, "transfer-encoding: \u{B}chunked\r\n"),
    (.transferCoding, "transfer-encoding: chunke\u{212A}\r\n"),
    (.headerValue, "transfer-encoding: chunked\u{C}\r\n"),
    (.repeatedTransferCoding, "transfer-encoding: chunked\r\ntransfer-encoding: chunked\r\n"),
    (.repeatedTransferCoding, "transfer-encoding: chunked\r\ntransfer-encoding: identity\r\n"),
    (.expectation, "expect: 100-continue, x\r\n"), (.expectation, "expect: 200-ok\r\n"),
    (.expectation, "expect:\r\n"),
  ]

  /// Bodies behind a head with `transfer-encoding: chunked`.
  private static let chunks: [(Kind, String)] = [
    (.chunkSize, "\r\n"), (.chunkSize, "g\r\n"), (.chunkSize, "+5\r\n"), (.chunkSize, "-5\r\n"),
    (.chunkSize, "0x5\r\n"),
    (.chunkSize, "5_0\r\n"), (.chunkSize, " 5\r\n"), (.chunkExtension, "5 \r\n"),
    (.chunkExtension, "5\t\r\n"),
    (.chunkExtension, "5;a=b\r\n"), (.chunkExtension, "5 ;a\r\n"), (.chunkSize, ";\r\n"),
    (.chunkExtension, "0;\r\n"),
    (.bareLineFeed, "5\n"), (.bareLineFeed, "0\n\n"), (.chunkSize, "5\rX"), (.chunkSize, "5\r\r\n"),
    (.chunkSize, "5,\r\n"),
    (.chunkSize, "00000000000000005\r\n"), (.chunkSize, "8000000000000000\r\n"),
    (.chunkSize, "ffffffffffffffff\r\n"),
    (.chunkSize, "10000000000000005\r\n"), (.chunkSize, "\u{FF15}\r\n"), (.chunkSize, "5\0\r\n"),
    (.chunkEnd, "5\r\nhelloX"), (.chunkEnd, "5\r\nhello\n"), (.chunkEnd, "5\r\nhello\rX"),
    (.chunkEnd, "5\r\nhello0\r\n\r\n"),
    (.chunkEnd, "4\r\nhello\r\n"), (.trailer, "0\r\nx: y\r\n\r\n"),
    (.trailer, "0\r\ncontent-length: 5\r\n\r\n"),
    (.trailer, "0\r\n\n"), (.trailer, "0\r\n\rX"), (.trailer, "0\r\n \r\n"),
    (.trailer, "0\r\nGET / HTTP/1.1\r\n"),
  ]

  private static let all =
    inputs
    + lines.map { ($0.0, "POST / HTTP/1.1\r\nhost: a\r\n" + $0.1) }
    + chunks.map { ($0.0, "POST / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n" + $0.1) }
    + [
      (.host, "GET / HTTP/1.1\r\nhost: a b\r\n"), (.host, "GET / HTTP/1.1\r\nhost: a/b\r\n"),
      (.host, "GET / HTTP/1.1\r\nhost: a,b\r\n"), (.host, "GET / HTTP/1.1\r\nhost: u@a\r\n"),
      (.host, "GET / HTTP/1.1\r\nhost: \u{E9}\r\n"), (.hostCount, "GET / HTTP/1.1\r\n\r\n"),
      (.hostCount, "GET / HTTP/1.0\r\nhost: a\r\nhost: a\r\n"),
      (.hostMismatch, "GET http://a/ HTTP/1.1\r\nhost: b\r\n\r\n"),
      (.hostMismatch, "GET http://a:80/ HTTP/1.1\r\nhost: a\r\n\r\n"),
      (.transferCodingIn10, "POST / HTTP/1.0\r\ntransfer-encoding: chunked\r\n"),
      (.foldedLine, "GET / HTTP/1.1\r\n host: a\r\n"),
      (.missingColon, "GET / HTTP/1.1\r\nGET / HTTP/1.1\r\n"),
    ]

  @Test func everyBadInputIsRefusedForItsOwnReason() {
    for (kind, input) in Self.all {
      #expect(HTTP1Transcript(ours: input.bytes).end == .failed(kind), "\(input.debugDescription)")
    }
  }

  @Test func refusalsDoNotDependOnWhereTheInputIsCut() {
    for (kind, input) in Self.all {
      let bytes = input.bytes
      let transcript = HTTP1Transcript(ours: bytes, cuts: Array(bytes.indices))
      #expect(transcript.end == .failed(kind), "\(input.debugDescription)")
    }
  }

  @Test func theTableHasEveryKindButTheLimits() {
    let missing = Set(Kind.allCases).subtracting(Self.all.map(\.0))
    #expect(missing == [.targetTooLong, .headTooLarge, .tooManyHeaders, .bodyTooLarge])
  }

  @Test func everyRefusalHasAStatusAndSaysWhatToDo() {
    for kind in Kind.allCases {
      let error = HTTP1ParseError(kind)
      #expect([400, 413, 414, 417, 431, 501, 505].contains(error.status))
      #expect(error.message.hasSuffix(".") && error.message.contains(". "), "\(kind)")
    }
    #expect(HTTP1ParseError(.version).status == 505)
    #expect(HTTP1ParseError(.targetTooLong).status == 414)
  }

  @Test(arguments: [
    "x:y", "x:", "x: \u{E9}\u{FF}", "x: a\tb", "!#$%&'*+-.^_`|~0aZ: y", "x::", "X-Long-Unknown-Name: y",
    "te: trailers",
    "upgrade: h2c", "trailer: x", "content-length: 0000000000000000000000000", "keep-alive: timeout=5",
  ])
  func oddButUnambiguousHeadersAreAccepted(_ line: String) {
    #expect(HTTP1Transcript(ours: "POST / HTTP/1.1\r\nhost: a\r\n\(line)\r\n\r\n".bytes).end == .idle)
  }

  @Test(arguments: ["", "a", "a:80", "[::1]:80", "%41", "a_b.c-d"])
  func hostsAreAccepted(_ host: String) {
    #expect(HTTP1Transcript(ours: "GET / HTTP/1.1\r\nhost: \(host)\r\n\r\n".bytes).end == .idle)
  }
}

extension HTTP1RefusalTests {
  private func end(_ text: String, _ limits: HTTP1Limits, bytewise: Bool) -> HTTP1Transcript.End {
    HTTP1Transcript(ours: text.bytes, cuts: bytewise ? Array(text.bytes.indices) : [], limits: limits).end
  }

  @Test(arguments: [false, true])
  func limitsAreExact(_ bytewise: Bool) {
    let limits = HTTP1Limits(maxTarget: 50, maxHead: 160, maxHeaders: 3, maxBody: 4)
    func get(_ target: Int, padding: Int = 0) -> String {
      let target = "/" + String(repeating: "a", count: target - 1)
      return "POST \(target) HTTP/1.1\r\nhost: a\r\nx: \(String(repeating: "b", count: padding))\r\n"
    }
    #expect(end(get(50) + "\r\n", limits, bytewise: bytewise) == .idle)
    #expect(end(get(51) + "\r\n", limits, bytewise: bytewise) == .failed(.targetTooLong))
    #expect(end(get(500), limits, bytewise: bytewise) == .failed(.targetTooLong))
    let rest = 160 - get(1).utf8.count - 2
    #expect(end(get(1, padding: rest) + "\r\n", limits, bytewise: bytewise) == .idle)
    #expect(end(get(1, padding: rest + 1) + "\r\n", limits, bytewise: bytewise) == .failed(.headTooLarge))
    #expect(end(get(1, padding: 500), limits, bytewise: bytewise) == .failed(.headTooLarge))
    #expect(end(get(1) + "y:\r\n\r\n", limits, bytewise: bytewise) == .idle)
    #expect(end(get(1) + "y:\r\nz:\r\n", limits, bytewise: bytewise) == .failed(.tooManyHeaders))
    #expect(end(get(1) + "content-length: 4\r\n\r\nabcd", limits, bytewise: bytewise) == .idle)
    #expect(end(get(1) + "content-length: 5\r\n\r\n", limits, bytewise: bytewise) == .failed(.bodyTooLarge))
    let chunked = get(1) + "transfer-encoding: chunked\r\n\r\n"
    #expect(end(chunked + "2\r\nab\r\n2\r\ncd\r\n0\r\n\r\n", limits, bytewise: bytewise) == .idle)
    #expect(end(chunked + "2\r\nab\r\n3\r\n", limits, bytewise: bytewise) == .failed(.bodyTooLarge))
  }

  @Test func anIncompleteHeadIsRefusedAtItsLimitWhateverItHolds() {
    let limits = HTTP1Limits(maxTarget: 100, maxHead: 300)
    let endless = String(repeating: "A", count: 10_000)
    #expect(end(endless, limits, bytewise: true) == .failed(.targetTooLong))
    #expect(end("GET / HTTP/1.1\r\n" + endless, limits, bytewise: true) == .failed(.headTooLarge))
    let lines = String(repeating: "a:\r\n", count: 1000)
    #expect(end("GET / HTTP/1.1\r\n" + lines, limits, bytewise: true) == .failed(.headTooLarge))
  }
}
