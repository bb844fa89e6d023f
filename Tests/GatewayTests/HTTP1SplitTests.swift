import Testing

/// Where the network cuts the input must not matter.
struct HTTP1SplitTests {
  private static let pipelined = [
    "\r\nGET /a?b HTTP/1.1\r\nhost: a\r\n\r\n",
    "POST /v1/chat HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\nX-Y:  z \r\n\r\n\r\n\r\n",
    "POST /v1 HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n3\r\na\r\n\r\n0b\r\nhello\r\nyou!\r\n0\r\n\r\n",
    "\r\nHEAD / HTTP/1.0\r\nconnection: keep-alive\r\n\r\n",
    "OPTIONS * HTTP/1.1\r\nhost:\r\n\r\n",
  ]
  private static let input = pipelined.joined().bytes

  @Test func theRequestsAreReadAsWritten() {
    let whole = HTTP1Transcript(ours: Self.input)
    #expect(whole.requests.map(\.method) == ["GET", "POST", "POST", "HEAD", "OPTIONS"])
    #expect(whole.requests.map(\.body) == [[], "\r\n\r\n".bytes, "a\r\nhello\r\nyou!".bytes, [], []])
    #expect(whole.completed.count == 5)
    #expect(whole.end == .idle)
  }

  @Test func everySplitPointGivesTheSame() {
    let whole = HTTP1Transcript(ours: Self.input)
    for cut in Self.input.indices {
      #expect(HTTP1Transcript(ours: Self.input, cuts: [cut]) == whole, "cut at \(cut)")
    }
  }

  @Test func everyPairOfSplitPointsGivesTheSame() {
    let whole = HTTP1Transcript(ours: Self.input)
    for first in Self.input.indices {
      for second in first..<min(first + 8, Self.input.count)
      where HTTP1Transcript(ours: Self.input, cuts: [first, second]) != whole {
        Issue.record("cut at \(first) and \(second)")
      }
    }
  }

  @Test func byteByByteGivesTheSame() {
    let whole = HTTP1Transcript(ours: Self.input)
    #expect(HTTP1Transcript(ours: Self.input, cuts: Array(Self.input.indices)) == whole)
  }

  @Test func everyPrefixIsIncompleteOrIdle() {
    for count in Self.input.indices {
      let transcript = HTTP1Transcript(ours: Array(Self.input.prefix(count)))
      #expect(transcript.kind == nil && transcript.end != .failed(nil), "the first \(count) bytes")
    }
  }
}
