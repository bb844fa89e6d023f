import Testing

/// What has desynchronised real servers, after the trophies of the HTTP Garden and the usual CL.TE and TE.CL lists.
/// Each payload hides `GET /hidden`, which must never become a request, and must end the connection.
struct HTTP1SmugglingTests {
  private static let hidden = "GET /hidden HTTP/1.1\r\nhost: a\r\n\r\n"

  /// Header lines that one server reads as a length, another as chunks, a third not at all.
  private static let framings = [
    "Content-Length: 5\r\nTransfer-Encoding: chunked", "Transfer-Encoding: chunked\r\nContent-Length: 5",
    "Transfer-Encoding : chunked", "Transfer-Encoding\t: chunked", " Transfer-Encoding: chunked",
    "X: y\r\n Transfer-Encoding: chunked", "X: y\r\n\tTransfer-Encoding: chunked",
    "X: y\rTransfer-Encoding: chunked",
    "X: y\nTransfer-Encoding: chunked", "X: y\n\nTransfer-Encoding: chunked",
    "Transfer-Encoding:\r\n chunked",
    "Transfer-Encoding:\n chunked", "Transfer-Encoding: \u{B}chunked", "Transfer-Encoding: \u{C}chunked",
    "Transfer-Encoding: chunked\0", "Transfer-Encoding: \0chunked", "Transfer-Encoding\0: chunked",
    "Transfer-Encoding: xchunked", "Transfer-Encoding: chunkedx", "Transfer-Encoding: chunked, identity",
    "Transfer-Encoding: identity, chunked", "Transfer-Encoding: identity", "Transfer-Encoding: chunked,",
    "Transfer-Encoding: ,chunked", "Transfer-Encoding: chunked chunked", "Transfer-Encoding: 'chunked'",
    "Transfer-Encoding: \"chunked\"", "Transfer-Encoding: chunked;a=b", "Transfer-Encoding: chunked\r",
    "Transfer-Encoding: cow\r\nTransfer-Encoding: chunked",
    "Transfer-Encoding: chunked\r\nTransfer-Encoding: cow",
    "Transfer-Encoding:", "\u{0}Transfer-Encoding: chunked", "\rTransfer-Encoding: chunked",
    "Transfer\rEncoding: chunked", "Transfer Encoding: chunked", "Transfer-Encoding\u{A0}: chunked",
    "Transfer-Encoding: chun\u{212A}ed", "Transfer-Encoding\r: chunked", "Transfer-Encoding\r\n: chunked",
    "Content-Length: +5", "Content-Length: -0", "Content-Length: 5 ,5", "Content-Length: 5, 5",
    "Content-Length: 0x5",
    "Content-Length: 5\r\nContent-Length: 5", "Content-Length: 5\r\ncontent-length: 0", "Content-Length: 1_0",
    "Content-Length: \"5\"", "Content-Length: 5\u{B}", "Content-Length: 5\0", "Content-Length: 0 5",
    "Content-Length:",
    "Content-Length: 18446744073709551616", "Content-Length: 5\r", "Content-Length\u{0}: 5",
    "Content-Length : 5",
    "\rContent-Length: 5", "Content\rLength: 5", ": 5", "Content-Length", "Content-Length: 5;",
    "Content-Length: 5.",
    "Host: b", "Expect: 100-continuE, 200", "X\u{80}: y", "X: \u{7F}", "(X): y", "@: y", "X=: y", "X/: y",
  ]

  /// Bodies of `Transfer-Encoding: chunked`; the first `%` stands for what is hidden.
  private static let chunkings = [
    "0x5\r\nhello\r\n0\r\n\r\n%", "5 ;ext\r\nhello\r\n0\r\n\r\n%", "5;\nxx\r\nhello\r\n0\r\n\r\n%",
    "5\nhello\n0\n\n%",
    "5\rhello\r0\r\r%", "-1\r\n%", "+5\r\nhello\r\n0\r\n\r\n%", " 5\r\nhello\r\n0\r\n\r\n%",
    "5 \r\nhello\r\n0\r\n\r\n%",
    "\t5\r\nhello\r\n0\r\n\r\n%", "ffffffffffffffff\r\n%", "100000000000000005\r\nhello\r\n0\r\n\r\n%",
    "0000000000000000000005\r\nhello\r\n0\r\n\r\n%", "5\r\nhello0\r\n\r\n%", "5\r\nhelloXX0\r\n\r\n%",
    "5\r\nhello\n0\r\n\r\n%",
    "5\r\nhello\r0\r\n\r\n%", "5\r\nhello\r\n0\n\r\n%", "5\r\nhello\r\n0\r\n\n%", "5\r\nhello\r\n0\r\n%",
    "5\r\nhello\r\n0\r\nX: y\r\n\r\n%",
    "0\r\nContent-Length: 5\r\n\r\n%", "0\r\nTransfer-Encoding: chunked\r\n\r\n%", "0\r\n X\r\n\r\n%",
    "0;a=\"\r\n\r\n%\"",
    "\r\n%", "g\r\n%", "5\0\r\nhello\r\n0\r\n\r\n%", "5_0\r\n%", "5,5\r\nhello\r\n0\r\n\r\n%",
    "5.0\r\nhello\r\n0\r\n\r\n%",
    "0\r\n\rX%", "\n5\r\nhello\r\n0\r\n\r\n%", "5h\r\nhello\r\n0\r\n\r\n%", "0\r\r\n\r\n%",
    "5\r\r\nhello\r\n0\r\n\r\n%",
  ]

  /// Whole inputs, with the same `%`.
  private static let heads = [
    "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n%", "GET / HTTP/1.1\nhost: a\n\n%",
    "GET / HTTP/1.1\r\nhost: a\r\n\n%", "GET / HTTP/1.1\r\nhost: a\n\r\n%", "GET /\r\n\r\n%",
    "GET / \r\nhost: a\r\n\r\n%",
    "GET / HTTP/1.1\r\n\r\n%", "GET / HTTP/1.1\rhost: a\r\r%", "GET / HTTP/1.1\r\nhost: a\r\r\n\r\n%",
    "GET /a b HTTP/1.1\r\nhost: a\r\n\r\n%", "GET /\0 HTTP/1.1\r\nhost: a\r\n\r\n%",
    "GET / HTTP/1.1\0\r\nhost: a\r\n\r\n%",
    "GET / HTTP/1.1 X\r\nhost: a\r\n\r\n%", "GET / HTTP/1.1\r\n host: a\r\n\r\n%",
    "GET http://a/ HTTP/1.1\r\nhost: b\r\n\r\n%",
    "GET / HTTP/1.1\r\nhost: a\r\n : b\r\n\r\n%", "GET / HTTP/2.0\r\nhost: a\r\n\r\n%",
    "GET / HTTP/1.1\r\nhost: a\r\n\r\n\r\n\r\n%",
    "CONNECT a:1 HTTP/1.1\r\nhost: a:1\r\n\r\n%", "GET / HTTP/01.1\r\nhost: a\r\n\r\n%", "\0\r\n\r\n%",
    "\u{FEFF}%",
  ]

  private static let payloads =
    framings.map { "POST / HTTP/1.1\r\nhost: a\r\n\($0)\r\n\r\n0\r\n\r\n%" }
    + chunkings.map { "POST / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n" + $0 }
    + heads

  @Test func nothingIsSmuggledAndTheConnectionEnds() {
    for payload in Self.payloads {
      let bytes = payload.replacing("%", with: Self.hidden, maxReplacements: 1).bytes
      for cuts in [[], Array(bytes.indices)] {
        let transcript = HTTP1Transcript(ours: bytes, cuts: cuts)
        #expect(!transcript.requests.contains { $0.target == "/hidden" }, "\(payload.debugDescription)")
        #expect(transcript.kind != nil, "\(payload.debugDescription)")
      }
    }
  }

  @Test func thePayloadWithoutItsTrickShowsWhatIsHidden() {
    let bytes = "POST / HTTP/1.1\r\nhost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n\(Self.hidden)"
      .bytes
    #expect(HTTP1Transcript(ours: bytes).requests.map(\.target) == ["/", "/hidden"])
  }
}
