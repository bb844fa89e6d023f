import Testing

@testable import Upstream

/// Answers, wherever the input is cut.
@Suite struct AnswerParserTests {
  private struct Reading: Equatable {
    var status = 0
    var body = ""
    var isWhole = false
    var keepsAlive = false
    var rest = ""
    var failure: TransferFailure.Kind?
  }

  /// Reads `text` in pieces of `size`, then the end of the input unless the answer is over.
  private func read(_ text: String, size: Int, orderly: Bool = true) -> Reading {
    var parser = AnswerParser()
    var reading = Reading()
    var pending: [UInt8] = []
    var input = Array(text.utf8)[...]
    while true {
      var consumed = 0
      let event = pending.withUnsafeBytes { parser.next($0, consumed: &consumed) }
      pending.removeFirst(consumed)
      switch event {
      case .needsMore:
        if input.isEmpty {
          reading.failure = parser.inputEnded(orderly: orderly)
          reading.isWhole = reading.failure == nil
          return reading
        }
        pending += input.prefix(size)
        input = input.dropFirst(size)
      case .head: reading.status = parser.head.status
      case .body(let count):
        reading.body += String(decoding: pending.prefix(count), as: UTF8.self)
        pending.removeFirst(count)
        parser.take(count)
      case .end:
        reading.isWhole = true
        reading.keepsAlive = parser.keepsAlive
        reading.rest = String(decoding: pending + input, as: UTF8.self)
        return reading
      case .failed(let kind):
        reading.failure = kind
        return reading
      }
    }
  }

  /// However the input is cut, the same is read.
  private func read(_ text: String) -> Reading {
    let whole = read(text, size: max(1, text.utf8.count))
    for size in [1, 2, 3, 7, 64] { #expect(read(text, size: size) == whole, "in pieces of \(size)") }
    return whole
  }

  private static let ok = "HTTP/1.1 200 OK\r\n"

  @Test(arguments: [
    ("Content-Length: 2\r\n\r\nok", "ok", true),
    ("content-length:2\n\nok", "ok", true),
    ("Content-Length: 2\r\nContent-Length: 2\r\n\r\nok", "ok", true),
    ("Content-Length: 2\r\nConnection: close\r\n\r\nok", "ok", false),
    ("Content-Length: 2\r\nConnection: upgrade ,Close\r\n\r\nok", "ok", false),
    ("Content-Length: 0\r\n\r\n", "", true),
    ("Transfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n", "ok", true),
    ("Transfer-Encoding: Chunked\r\n\r\n2;a=\"b\"\r\nok\r\n00\r\nX: 1\r\nY: 2\r\n\r\n", "ok", true),
    ("Transfer-Encoding: chunked\r\n\r\n1 \r\no\r\n1\nk\n0\n\n", "ok", true),
    ("Transfer-Encoding: chunked\r\n\r\nA\r\n0123456789\r\n0\r\n\r\n", "0123456789", true),
    // What says both may have been tampered with: it is read as chunks, and nothing behind it is trusted.
    ("Content-Length: 9\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n", "ok", false),
  ])
  func wholeAnswers(fields: String, body: String, keepsAlive: Bool) {
    let reading = read(Self.ok + fields + (keepsAlive ? "HTTP/1.1" : ""))
    let rest = keepsAlive ? "HTTP/1.1" : ""
    #expect(
      reading == Reading(status: 200, body: body, isWhole: true, keepsAlive: keepsAlive, rest: rest))
  }

  @Test func bodiesMayEndWithTheConnection() {
    #expect(read(Self.ok + "X: 1\r\n\r\nuntil the end").body == "until the end")
    #expect(read(Self.ok + "X: 1\r\n\r\nuntil the end").isWhole)
    #expect(read(Self.ok + "X: 1\r\n\r\nuntil", size: 5, orderly: false).failure == .brokenBody)
  }

  @Test(arguments: ["204 No Content", "304 Not Modified"])
  func someAnswersHaveNoBody(status: String) {
    let reading = read("HTTP/1.1 \(status)\r\nContent-Length: 5\r\n\r\n")
    #expect(reading.isWhole && reading.body.isEmpty && reading.keepsAlive)
  }

  @Test func version10KeepsAConnectionOnlyIfItSaysSo() {
    #expect(!read("HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok").keepsAlive)
    #expect(read("HTTP/1.0 200 OK\r\nConnection: Keep-Alive\r\nContent-Length: 2\r\n\r\nok").keepsAlive)
  }

  @Test func informationalHeadsAreSkipped() {
    let early = "HTTP/1.1 103 Early Hints\r\nContent-Length: 7\r\nConnection: close\r\n\r\n"
    let answer = Self.ok + "Content-Length: 2\r\n\r\nok"
    let reading = read("HTTP/1.1 100\r\n\r\n" + early + answer)
    #expect(reading == Reading(status: 200, body: "ok", isWhole: true, keepsAlive: true))
    let endless = String(repeating: early, count: AnswerParser.informationalLimit + 1)
    #expect(read(endless + answer).failure == .garbage)
  }

  @Test(arguments: [
    "SSH-2.0-OpenSSH_9.2\r\n", "\u{0}\u{1}", "<html>", "\r\nHTTP/1.1 200 OK\r\n\r\n", "HTTP/2 200\r\n\r\n",
    "HTTP/1.2 200 OK\r\n\r\n", "HTTP/1.1 20\r\n\r\n", "HTTP/1.1 2000\r\n\r\n", "HTTP/1.1 099 x\r\n\r\n",
    "HTTP/1.1  200 OK\r\n\r\n", "HTTP/1.1 101 Switching Protocols\r\n\r\n",
    "HTTP/1.1 200 OK\r\nX\r\n\r\n", "HTTP/1.1 200 OK\r\n: x\r\n\r\n",
    "HTTP/1.1 200 OK\r\nA: b\r\n c: d\r\n\r\n",
    "HTTP/1.1 200 OK\r\nA: b\rContent-Length: 3\r\n\r\n", "HTTP/1.1 200 OK\r\nA: \u{0}\r\n\r\n",
    "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: \r\n\r\n",
    "HTTP/1.1 200 OK\r\nContent-Length: 0x2\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 2, 2\r\n\r\n",
    "HTTP/1.1 200 OK\r\nContent-Length: 9999999999999999999\r\n\r\n",
    "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n",
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n",
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n",
  ])
  func garbage(answer: String) { #expect(read(answer).failure == .garbage) }

  @Test(arguments: [
    "x\r\n", "\r\n", ";a\r\n", "-2\r\nok\r\n", "2\r\nokk\r\n", "2x\r\nok\r\n", "2\r\nok\r\r\n",
    "FFFFFFFFFFFFFFFF\r\n", "2;\(String(repeating: "x", count: 20_000))\r\nok\r\n",
    "0\r\n\(String(repeating: "X: y\r\n", count: 4000))\r\n", "2\r\nok\r\n", "0\r\n", "0\r\n\r",
  ])
  func brokenChunks(chunks: String) {
    let reading = read(Self.ok + "Transfer-Encoding: chunked\r\n\r\n" + chunks)
    #expect(reading.failure == .brokenBody)
    #expect(reading.body == "" || reading.body == "ok")
  }

  /// A stream may have any number of chunks with extensions.
  @Test func extensionsAreLimitedForEachChunk() {
    let chunk = "1;\(String(repeating: "e", count: 1000))\r\nx\r\n"
    let chunks = String(repeating: chunk, count: 100) + "0\r\n\r\n"
    let reading = read(Self.ok + "Transfer-Encoding: chunked\r\n\r\n" + chunks)
    #expect(reading.body == String(repeating: "x", count: 100))
    #expect(reading.isWhole)
  }

  @Test func headsHaveALimit() {
    let line = "X: \(String(repeating: "y", count: 1000))\r\n"
    #expect(read(Self.ok + String(repeating: line, count: 66)).failure == .oversizedHead)
    #expect(
      read(Self.ok + "X: " + String(repeating: "y", count: 66_000), size: 9000).failure == .oversizedHead)
    #expect(
      read("HTTP/1.1 200 " + String(repeating: "y", count: 66_000), size: 9000).failure == .oversizedHead)
  }

  @Test(arguments: ["", "HTTP/1", "HTTP/1.1 200 OK", "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n"])
  func whatEndsWithinTheHeadIsAReset(answer: String) { #expect(read(answer).failure == .reset) }

  @Test func whatEndsWithinTheBodyIsBroken() {
    #expect(read(Self.ok + "Content-Length: 3\r\n\r\nab").failure == .brokenBody)
  }
}
