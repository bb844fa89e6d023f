import NIOCore
import Policy
import Testing

@testable import Gateway

struct LimitHeadersTests {
  @Test(
    arguments: [
      (0, "0ms"), (999, "999ms"), (1_000, "1s"), (1_550, "1.5s"), (60_000, "1m0s"), (90_500, "1m30.5s"),
      (3_600_000, "1h0m0s"), (7_265_000, "2h1m5s"),
    ] as [(Int64, String)])
  func durationsAreWrittenAsOpenAIDoes(milliseconds: Int64, text: String) {
    #expect(LimitHeaders.duration(milliseconds) == text)
  }

  private static func limit(_ measure: Limit.Measure, _ tokens: Int64, label: String) -> Limit {
    Limit(
      path: "p", name: "n", label: label, measure: measure,
      shape: .bucket(Bucket.Rule(tokens: tokens, window: 60_000)), outage: .share, key: label)
  }

  private static func text(_ headers: LimitHeaders) -> [String: String] {
    var writer = HTTP1ResponseWriter()
    var bytes = ByteBuffer()
    writer.head(
      status: 200, framing: .length(0), keepAlive: true, minorVersion: 1, date: HTTPDate(unixSeconds: 0),
      into: &bytes
    ) { headers.write(to: &$0) }
    var fields: [String: String] = [:]
    for line in String(buffer: bytes).split(separator: "\r\n") {
      guard let colon = line.firstRange(of: ": ") else { continue }
      fields[String(line[..<colon.lowerBound])] = String(line[colon.upperBound...])
    }
    return fields
  }

  @Test func theLimitNearestToItsEndIsTold() {
    var headers = LimitHeaders(.openAI, now: 0)
    headers.add(Self.limit(.tokens, 1_000, label: "tenant-tokens-minute"), left: 900)
    headers.add(Self.limit(.tokens, 100, label: "key-tokens-minute"), left: 40)
    headers.add(Self.limit(.requests, 60, label: "key-requests-minute"), left: 59)
    let fields = Self.text(headers)
    #expect(fields["x-ratelimit-limit-tokens"] == "100")
    #expect(fields["x-ratelimit-remaining-tokens"] == "40")
    #expect(fields["x-ratelimit-reset-tokens"] == "36s")
    #expect(fields["x-ratelimit-remaining-requests"] == "59")
    #expect(
      fields["ratelimit"]
        == #""tenant-tokens-minute";r=900;t=6, "key-tokens-minute";r=40;t=36, "key-requests-minute";r=59;t=1"#
    )
    #expect(
      fields["ratelimit-policy"]
        == #""tenant-tokens-minute";q=1000;w=60, "key-tokens-minute";q=100;w=60, "key-requests-minute";q=60;w=60"#
    )
  }

  @Test func whatHasNoUnitInTheDraftIsLeftOut() {
    var headers = LimitHeaders(.openAI, now: 0)
    headers.add(Self.limit(.dollars, 1_000, label: "dollars"), left: 900)
    #expect(Self.text(headers)["ratelimit"] == nil)
  }

  @Test func anthropicsClientsReadItsNames() {
    var headers = LimitHeaders(.anthropic, now: 1_780_000_000_400)
    headers.add(Self.limit(.requests, 60, label: "requests"), left: 59)
    headers.add(Self.limit(.tokens, 1_000, label: "tokens"), left: 1_000)
    headers.add(Self.limit(.inputTokens, 600, label: "input"), left: 300)
    headers.add(Self.limit(.outputTokens, 100, label: "output"), left: 40)
    headers.add(Self.limit(.outputTokens, 1_000, label: "more"), left: 500)
    let fields = Self.text(headers)
    #expect(fields.filter { $0.key.hasPrefix("x-ratelimit-") }.isEmpty)
    let told = fields.filter { $0.key.hasPrefix("anthropic-ratelimit-") }
      .map { ($0.key.dropFirst("anthropic-ratelimit-".count), $0.value) }.sorted { $0.0 < $1.0 }
    #expect(
      told.map { "\($0.0) \($0.1)" } == [
        "input-tokens-limit 600", "input-tokens-remaining 300", "input-tokens-reset 2026-05-28T20:27:11Z",
        "output-tokens-limit 100", "output-tokens-remaining 40", "output-tokens-reset 2026-05-28T20:27:17Z",
        "requests-limit 60", "requests-remaining 59", "requests-reset 2026-05-28T20:26:42Z",
        "tokens-limit 1000", "tokens-remaining 1000", "tokens-reset 2026-05-28T20:26:41Z",
      ])
    #expect(fields["ratelimit"]?.hasPrefix(#""requests";r=59;t=1, "#) == true)
  }
}
