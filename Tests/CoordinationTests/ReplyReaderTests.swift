import Testing

@testable import Coordination

struct ReplyReaderTests {
  private static let replies: [(String, Reply)] = [
    ("+OK\r\n", .bytes(Array("OK".utf8))), (":-42\r\n", .number(-42)), ("$-1\r\n", .none), ("*-1\r\n", .none),
    ("$0\r\n\r\n", .bytes([])), ("$5\r\na\r\nb!\r\n", .bytes(Array("a\r\nb!".utf8))), ("*0\r\n", .list([])),
    (
      "*3\r\n:1\r\n*2\r\n$1\r\nx\r\n$-1\r\n-ERR no\r\n",
      .list([.number(1), .list([.bytes([0x78]), .none]), .error(.other("ERR no"))])
    ),
    ("-MOVED 3999 127.0.0.1:6381\r\n", .error(.moved(slot: 3_999, address: "127.0.0.1:6381"))),
  ]

  /// All of them in a row, cut in two at every place.
  @Test func repliesAreReadHoweverTheyAreCut() throws {
    let bytes = Array(Self.replies.map(\.0).joined().utf8)
    for cut in 0...bytes.count {
      let reader = ReplyReader()
      var read: [Reply] = []
      for part in [bytes[..<cut], bytes[cut...]] {
        try part.withUnsafeBytes { try reader.feed($0) }
        while let reply = try reader.next() { read.append(reply) }
      }
      #expect(read == Self.replies.map(\.1))
    }
  }

  @Test(arguments: [
    "hello\r\n", "*1048577\r\n", ":\r\n", "*99999999999\r\n",
    "*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n",
  ])
  func whatIsNoReplyEndsIt(text: String) {
    let reader = ReplyReader()
    #expect(throws: ReplyReader.Failure.self) {
      try Array(text.utf8).withUnsafeBytes { try reader.feed($0) }
      while try reader.next() != nil {}
    }
  }

  @Test(arguments: [
    ("ASK 1 [::1]:7000", RedisError.ask(slot: 1, address: "[::1]:7000")), ("MOVED x y", .other("MOVED x y")),
    ("MOVED 16384 a:1", .other("MOVED 16384 a:1")), ("TRYAGAIN Multiple keys request", .tryAgain),
    ("CLUSTERDOWN The cluster is down", .clusterDown), ("READONLY You can't write", .readOnly),
    ("LOADING Redis is loading", .loading), ("MASTERDOWN Link with MASTER is down", .masterDown),
    ("NOREPLICAS Not enough good replicas", .noReplicas), ("BUSY Redis is busy running a script", .busy),
    ("OOM command not allowed", .outOfMemory), ("NOSCRIPT No matching script", .noScript),
    ("NOAUTH Authentication required.", .denied("NOAUTH Authentication required.")),
    ("WRONGTYPE Operation against a key", .wrongType), ("", .other("")), ("ERR x", .other("ERR x")),
  ])
  func errorsAreKnownByTheirFirstWord(text: String, error: RedisError) {
    #expect(RedisError(text) == error)
  }
}
