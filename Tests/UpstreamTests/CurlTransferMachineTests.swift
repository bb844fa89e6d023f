import Testing

@testable import Upstream

/// The machine by the actions it returns.
struct CurlTransferMachineTests {
  private func started() -> CurlTransferMachine {
    var machine = CurlTransferMachine()
    machine.start()
    return machine
  }

  @Test func anAnswerIsDeliveredHeadFirst() {
    var machine = started()
    #expect(machine.begin() == .send)
    #expect(machine.header("HTTP/1.1 200 OK\r\n") == .none)
    #expect(machine.header("Content-Type: text/plain\r\n") == .none)
    #expect(machine.header("\r\n") == .deliverHead)
    #expect(machine.head.status == 200)
    #expect(machine.head.first("content-type") == "text/plain")
    #expect(machine.body() == .deliver)
    #expect(machine.body() == .deliver)
    #expect(machine.end() == .deliver(headReceived: true))
    #expect(machine.state == .idle)
  }

  @Test func informationalHeadsAreSkippedWithTheirFields() {
    var machine = started()
    for line in [
      "HTTP/1.1 103 Early Hints\r\n", "Link: </a>\r\n", "\r\n", "HTTP/1.1 100 Continue\r\n", "\r\n",
    ] {
      #expect(machine.header(line) == .none)
    }
    #expect(machine.state == .awaitingHead)
    _ = machine.header("HTTP/1.1 200 OK\r\n")
    #expect(machine.header("\r\n") == .deliverHead)
    #expect(machine.head.first("link") == nil)
  }

  @Test func trailersAreIgnored() {
    var machine = started()
    receiveHead(&machine)
    #expect(machine.header("X-Trailer: 1\r\n") == .none)
    #expect(machine.header("\r\n") == .none)
    #expect(machine.head.first("x-trailer") == nil)
    #expect(machine.state == .receivingBody)
  }

  @Test func aHeadBeyondTheLimitIsGivenUp() {
    var machine = started()
    _ = machine.header("HTTP/1.1 200 OK\r\n")
    let line = "X-Long: " + String(repeating: "x", count: 1015) + "\r\n"
    var lines = 0
    while machine.header(line) == .none, lines < 1000 { lines += 1 }
    #expect((UpstreamHead.limit / 1024 - 1...UpstreamHead.limit / 1023).contains(lines))
    #expect(machine.failure == .oversizedHead)
    #expect(machine.end() == .deliver(headReceived: false))
  }

  /// The limit is for the final head alone: hints that came before it are forgotten.
  @Test func theLimitIsForEachHeadByItself() {
    var machine = started()
    let line = "X-Long: " + String(repeating: "x", count: UpstreamHead.limit / 2) + "\r\n"
    for status in [103, 103, 200] {
      #expect(machine.header("HTTP/1.1 \(status) X\r\n") == .none)
      #expect(machine.header(line) == .none)
      _ = machine.header("\r\n")
    }
    #expect(machine.state == .receivingBody)
  }

  /// libcurl sends again by itself where a kept connection broke: that is an attempt nobody counted.
  @Test func aSecondBeginIsRefusedAsAReset() {
    var machine = started()
    #expect(machine.begin() == .send)
    #expect(machine.begin() == .abort)
    #expect(machine.failure == .reset)
    #expect(machine.end() == .deliver(headReceived: false))
    machine.start()
    #expect(machine.failure == nil)
    #expect(machine.begin() == .send)
  }

  @Test func cancellingSilencesWhatStillComes() {
    var waiting = started()
    #expect(waiting.cancel() == .remove)
    #expect(waiting.header("HTTP/1.1 200 OK\r\n") == .abort)
    #expect(waiting.body() == .abort)
    #expect(waiting.end() == .none)

    var receiving = started()
    receiveHead(&receiving)
    #expect(receiving.cancel() == .remove)
    #expect(receiving.body() == .abort)
    #expect(receiving.end() == .none)
  }

  @Test func cancellingLateOrTwiceDoesNothing() {
    var machine = CurlTransferMachine()
    #expect(machine.cancel() == .none)
    machine.start()
    #expect(machine.cancel() == .remove)
    #expect(machine.cancel() == .none)
    _ = machine.end()
    #expect(machine.cancel() == .none)
    #expect(machine.state == .idle)
  }

  @Test func bytesWithoutAHeadAreRefused() {
    var machine = started()
    #expect(machine.body() == .abort)
    #expect(machine.end() == .deliver(headReceived: false))
  }

  @Test(arguments: [
    "HTTP/1.1\r\n", "HTTP/1.1 \r\n", "HTTP/1.1 2x0 OK\r\n", "HTTP/1.1 20\r\n", "NOISE\r\n", "", ": : :\r\n",
  ])
  func garbageDeliversNoHead(line: String) {
    var machine = started()
    _ = machine.header(line)
    #expect(machine.header("\r\n") == .none)
    #expect(machine.state == .awaitingHead)
  }

  @Test(arguments: [
    ("HTTP/1.1 200 OK\r\n", 200), ("HTTP/1.1 404\r\n", 404), ("HTTP/2 503 \n", 503), ("HTTP/1.0 299 x", 299),
  ])
  func statusLinesAreRead(line: String, status: Int) {
    var machine = started()
    _ = machine.header(line)
    #expect(machine.header("\r\n") == .deliverHead)
    #expect(machine.head.status == status)
  }

  @Test func theNextTransferStartsWithoutTheLastOnesHead() {
    var machine = started()
    receiveHead(&machine, field: "X-Old: 1\r\n")
    let kept = machine.head
    _ = machine.end()
    machine.start()
    receiveHead(&machine)
    #expect(machine.head.first("x-old") == nil)
    #expect(kept.first("x-old") == "1")
  }

  private func receiveHead(_ machine: inout CurlTransferMachine, field: String? = nil) {
    _ = machine.header("HTTP/1.1 200 OK\r\n")
    if let field { _ = machine.header(field) }
    #expect(machine.header("\r\n") == .deliverHead)
  }
}

extension CurlTransferMachine {
  fileprivate mutating func header(_ line: String) -> HeaderAction {
    Array(line.utf8).withUnsafeBytes { header(line: $0) }
  }
}
