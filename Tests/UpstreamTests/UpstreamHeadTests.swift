import Testing
import Upstream

struct UpstreamHeadTests {
  private func head(_ lines: String...) -> UpstreamHead {
    var head = UpstreamHead(status: 200)
    for line in lines { Array(line.utf8).withUnsafeBytes { head.append(line: $0) } }
    return head
  }

  private func fields(_ head: UpstreamHead) -> [String] {
    var found: [String] = []
    head.forEachField { name, value in
      found.append("\(String(decoding: name, as: UTF8.self))=\(String(decoding: value, as: UTF8.self))")
    }
    return found
  }

  @Test func fieldsComeInOrderWithoutBlanksAroundTheirValues() {
    let head = head("A: 1", "B:2", "C: \t 3 \t ", "D:", "E: x: y", "A: 4")
    #expect(fields(head) == ["A=1", "B=2", "C=3", "D=", "E=x: y", "A=4"])
  }

  @Test func linesWithoutAColonAreSkipped() {
    #expect(fields(head("nonsense", "A: 1", "", "more")) == ["A=1"])
    #expect(fields(head()).isEmpty)
  }

  @Test func namesAreComparedWithoutCase() {
    let head = head("Content-TYPE: text/plain", "X-Request-Id: a")
    #expect(head.first("content-type") == "text/plain")
    #expect(head.first("x-request-id") == "a")
    #expect(head.first("content-typ") == nil)
    #expect(head.first("content-type-2") == nil)
  }

  /// Only letters have a case: `[` is not a large `{`.
  @Test func onlyLettersAreComparedWithoutCase() {
    #expect(head("A[: 1").first("a{") == nil)
    #expect(head("A@: 1").first("a`") == nil)
  }

  @Test func theFirstOfSeveralValuesCounts() {
    #expect(head("A: 1", "a: 2").first("a") == "1")
  }

  @Test func valuesThatAreNotTextAreNil() {
    var head = UpstreamHead(status: 200)
    ([0x61, 0x3A, 0xFF] as [UInt8]).withUnsafeBytes { head.append(line: $0) }
    #expect(head.first("a") == nil)
  }

  @Test func beginningsOfValuesAreFound() {
    let head = head("Content-Type: text/event-stream; charset=utf-8")
    #expect(head.value(of: "content-type", startsWith: "text/event-stream"))
    #expect(!head.value(of: "content-type", startsWith: "text/html"))
    #expect(!head.value(of: "content-type", startsWith: "text/event-stream; charset=utf-8; and more"))
    #expect(!head.value(of: "content", startsWith: "text"))
  }

  @Test func resettingForgetsEverything() {
    var head = head("A: 1")
    head.reset(status: 503)
    #expect(head.status == 503)
    #expect(head.byteCount == 0)
    #expect(fields(head).isEmpty)
  }

  @Test(arguments: [
    ("retry-after: 7", 7), ("retry-after: 0", 0), ("retry-after-ms: 1", 1), ("retry-after-ms: 2000", 2),
    ("retry-after: -1", nil), ("retry-after: soon", nil), ("retry-after: 86401", nil),
    ("retry-after: Wed, 21 Oct 2026 07:28:00 GMT", nil), ("x: 1", nil),
  ])
  func waitsAreWholeSecondsWithinADay(line: String, seconds: Int?) {
    var head = UpstreamHead(status: 429)
    Array(line.utf8).withUnsafeBytes { head.append(line: $0) }
    #expect(head.retryAfterSeconds == seconds)
  }
}
