import Testing

@testable import Gateway

struct HTTP1BytesTests {
  private static let names = [
    "te", "host", "accept", "expect", "cookie", "origin", "upgrade", "baggage", "x-api-key", "connection",
    "user-agent",
    "tracestate", "x-optimize", "x-priority", "traceparent", "openai-beta", "x-task-type", "content-type",
    "x-request-id",
    "x-session-id", "x-task-value", "x-data-class", "authorization", "cache-control", "x-prompt-hash",
    "if-none-match",
    "last-event-id", "content-length", "x-max-cost-usd", "anthropic-beta", "openai-project",
    "accept-encoding",
    "idempotency-key", "x-forwarded-for", "content-encoding", "transfer-encoding", "anthropic-version",
    "x-client-request-id",
    "openai-organization", "x-request-timeout-ms", "x-switchyard-attempt", "x-should-retry",
    "x-switchyard-version",
  ]

  private func find(_ bytes: [UInt8]) -> HeaderName {
    bytes.withUnsafeBytes { HeaderName.find(ByteRun($0)) }
  }

  @Test func everyKnownHeaderIsFoundInAnyCase() {
    #expect(Set(Self.names.map { find($0.bytes) }) == Set(HeaderName.allCases).subtracting([.other]))
    for name in Self.names {
      #expect(find(name.uppercased().bytes) == find(name.bytes))
      let words = "\(find(name.bytes))".lowercased()
      #expect(words == name.filter { $0 != "-" })
    }
  }

  @Test func anyOtherByteInANameMakesItUnknown() {
    for name in Self.names {
      for index in name.utf8.indices.map({ name.utf8.distance(from: name.utf8.startIndex, to: $0) }) {
        for byte in UInt8.min...UInt8.max {
          var bytes = name.bytes
          if byte == bytes[index] || byte | 0x20 == bytes[index] && byte >= 0x41 && byte <= 0x5A { continue }
          bytes[index] = byte
          if find(bytes) != .other, find(bytes) == find(name.bytes) {
            Issue.record("\(name) \(index) \(byte)")
          }
        }
      }
    }
  }

  /// Each byte at each place of texts around the length of a word, against the plain definition.
  @Test func classesAreTheSameInWordsAndBytes() {
    let token = Set("!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ".utf8)
    let authority = Set(
      "-._~!$&'()*+;=%:[]0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ".utf8)
    for byte in UInt8.min...UInt8.max {
      #expect(HTTPBytes.isAuthority(byte) == authority.contains(byte))
      for length in [1, 7, 8, 9, 15, 16, 17] {
        for place in 0..<length {
          var bytes = [UInt8](repeating: 0x7A, count: length)
          bytes[place] = byte
          bytes.withUnsafeBytes { raw in
            let run = ByteRun(raw)
            let isTarget = byte > 0x20 && byte < 0x7F && byte != 0x23
            let isRight =
              HTTPBytes.isToken(run) == token.contains(byte) && HTTPBytes.isTarget(run) == isTarget
              && HTTPBytes.isValue(run) == (byte == 9 || byte >= 0x20 && byte != 0x7F)
              && run.nearOffset(of: byte) == (byte == 0x7A ? 0 : place)
              && run.offset(of: byte) == run.nearOffset(of: byte)
            if !isRight { Issue.record("byte \(byte) at \(place) of \(length)") }
          }
        }
      }
    }
  }

  @Test func noTextIsNoToken() {
    #expect(!HTTPBytes.isToken(ByteRun("")))
    #expect(HTTPBytes.isValue(ByteRun("")))
  }
}
