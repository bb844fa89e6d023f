import NIOCore
import Testing

@testable import modelsim

@Suite struct RequestReaderTests {
  /// What comes out when `text` arrives in pieces of `size` bytes.
  private func requests(_ text: String, by size: Int) -> (bodies: [String], refusal: HTTPFault?) {
    var reader = RequestReader(bodyLimit: 1000)
    var inbox = ByteBuffer()
    var rest = Array(text.utf8)[...]
    var bodies: [String] = []
    while !rest.isEmpty {
      inbox.writeBytes(rest.prefix(size))
      rest = rest.dropFirst(size)
      drain: while true {
        switch reader.next(&inbox) {
        case .needsMore, .wantsContinue: break drain
        case .request(let request): bodies.append(String(buffer: request.body))
        case .refused(let fault): return (bodies, fault)
        }
      }
    }
    return (bodies, nil)
  }

  @Test func pipelinedRequestsAreCutWhateverTheReadsAre() {
    let chunked =
      "POST /v1/completions HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n3;x=y\r\nabc\r\nA\r\n0123456789\r\n0\r\nT: v\r\n\r\n"
    let text = httpRequest("POST", "/v1/x", "first") + chunked + httpRequest("GET", "/health")
    for size in 1...text.utf8.count {
      let (bodies, refusal) = requests(text, by: size)
      #expect(bodies == ["first", "abc0123456789", ""] && refusal == nil, "reads of \(size)")
    }
  }

  @Test(arguments: [
    "Content-Length: 3\r\nTransfer-Encoding: chunked", "Content-Length: 3\r\nContent-Length: 4",
    "Content-Length: -1", "Content-Length: 0x3", "Transfer-Encoding: gzip", "A : b", " folded: x", "nocolon",
    "A: b\nC: d",
  ])
  func ambiguousHeadsAreRefused(field: String) {
    let (_, refusal) = requests("POST /v1/x HTTP/1.1\r\nHost: a\r\n\(field)\r\n\r\nabc", by: 1000)
    #expect(refusal?.status == 400)
  }

  @Test func limitsHaveTheirOwnStatus() {
    #expect(requests("POST / HTTP/1.1\r\nContent-Length: 1001\r\n\r\n", by: 1000).refusal?.status == 413)
    let huge = "GET / HTTP/1.1\r\nA: " + String(repeating: "a", count: RequestReader.headLimit)
    #expect(requests(huge, by: 65536).refusal?.status == 431)
    #expect(requests("GET / HTTP/2.0\r\n\r\n", by: 1000).refusal?.status == 505)
  }

  @Test func onlyTheLastFourCharactersOfAKeyAreKept() {
    #expect(lastFour("Bearer sk-abcdef1234") == "1234")
    #expect(lastFour("short") == "****")
  }
}
