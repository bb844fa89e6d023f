import Testing

@testable import Dialects

@Suite("Events and lines of streams that come in pieces")
struct StreamReadingTests {
  private struct Found: Equatable {
    var events: [String] = []
    var last: String?
    var isOverflown = false
  }

  private func events(_ pieces: [ArraySlice<UInt8>]) -> Found {
    var (splitter, found) = (EventSplitter(), Found())
    for piece in pieces {
      piece.withUnsafeBytes { bytes in
        let piece = StreamPiece(bytes)
        var start = 0
        while splitter.next(in: piece, from: &start) { found.events.append(splitter.data.text) }
      }
    }
    if splitter.last() { found.last = splitter.data.text }
    found.isOverflown = splitter.isOverflown
    return found
  }

  private static let stream =
    "\u{feff}data: first\n\n: hello\nevent: a\ndata: {\"é\":1}\nid: 7\n\ndata:x\ndata\ndata:  y\n\n\n\ndatax: no\ndata no\n\nevent: b\n\ndata: [DONE]\n\ndata: tail"
  private static let wanted = Found(events: ["first", "{\"é\":1}", "x\n\n y", "[DONE]"], last: "tail")

  @Test(arguments: ["\n", "\r\n", "\r"])
  func everyCutGivesTheSame(lineEnd: String) {
    let bytes = Array(Self.stream.replacing("\n", with: lineEnd).utf8)
    for cut in 0...bytes.count {
      #expect(events([bytes[..<cut], bytes[cut...]]) == Self.wanted, "cut at \(cut)")
    }
    #expect(events(bytes.map { [$0] }) == Self.wanted)
  }

  @Test func dataIsComparedWhole() {
    var splitter = EventSplitter()
    let isThere = Array("data: [DONE]\n\n".utf8).withUnsafeBytes { bytes in
      var start = 0
      return splitter.next(in: StreamPiece(bytes), from: &start)
    }
    #expect(isThere)
    #expect(splitter.dataIs("[DONE]"))
    #expect(!splitter.dataIs("[DONE"))
    #expect(!splitter.dataIs("[DONE] "))
  }

  @Test func endlessLinesAndEventsAreGivenUp() {
    let line = Array(String(repeating: "x", count: 100_000).utf8)[...]
    #expect(events([Array("data: ".utf8)[...]] + Array(repeating: line, count: 50)).isOverflown)
    let lines = Array(("data: " + String(repeating: "x", count: 100_000) + "\n").utf8)[...]
    let found = events(Array(repeating: lines, count: 50) + [Array("\n\n".utf8)[...]])
    #expect(found.isOverflown)
    #expect(found.events.isEmpty)
  }

  @Test func linesAreFoundWithoutEvents() {
    let bytes = Array("{\"a\":1}\n\n{\"b\":2}\r\n{\"c\":3}".utf8)
    for cut in 0...bytes.count {
      var (lines, found) = (StreamLines(), [String]())
      for part in [bytes[..<cut], bytes[cut...]] {
        part.withUnsafeBytes { bytes in
          let piece = StreamPiece(bytes)
          var start = 0
          while let line = lines.next(in: piece, from: &start) {
            found.append(String(decoding: line, as: UTF8.self))
          }
        }
      }
      if let line = lines.last() { found.append(String(decoding: line, as: UTF8.self)) }
      #expect(found == [#"{"a":1}"#, "", #"{"b":2}"#, #"{"c":3}"#], "cut at \(cut)")
    }
  }
}
