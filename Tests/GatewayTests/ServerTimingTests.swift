import Testing

@testable import Gateway

struct ServerTimingTests {
  @Test(
    arguments: [
      (0, 0, "upstream;dur=0.000, overhead;dur=0.000"),
      (1_234_567, 89_999, "upstream;dur=1.234, overhead;dur=0.089"),
      (999, 1000, "upstream;dur=0.000, overhead;dur=0.001"),
      (12_000_000_000, 1_000_000, "upstream;dur=12000.000, overhead;dur=1.000"),
      (-5, -1, "upstream;dur=0.000, overhead;dur=0.000"),
      (.max, .max, "upstream;dur=9223372036854.775, overhead;dur=9223372036854.775"),
    ] as [(Int64, Int64, String)])
  func timesAreMillisecondsWithThreeDigits(upstream: Int64, overhead: Int64, text: String) {
    var written = ""
    ServerTiming(upstream: upstream, state: 0, overhead: overhead).withBytes {
      written = String(decoding: $0, as: UTF8.self)
    }
    #expect(written == text)
  }

  @Test func theSharedStateIsNamedWhereItWasWaitedFor() {
    var written = ""
    ServerTiming(upstream: .max, state: .max, overhead: .max).withBytes {
      written = String(decoding: $0, as: UTF8.self)
    }
    let most = "9223372036854.775"
    #expect(written == "upstream;dur=\(most), state;dur=\(most), overhead;dur=\(most)")
  }
}
