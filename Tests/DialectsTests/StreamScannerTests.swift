import Dialects
import Policy
import Testing

@Suite("What a scanner makes of a stream, wherever it is cut")
struct StreamScannerTests {
  private struct Run: Equatable {
    var pieces: [[UInt8]] = []
    var facts = StreamFacts()
    var end: StreamEnd?
    var wasReleased = false

    var output: [UInt8] { Array(pieces.joined()) }
  }

  private let peek = Peek()

  private func scan(_ chunks: [ArraySlice<UInt8>], hidesUsage: Bool = false, choices: Int = 1) -> Run {
    var run = Run()
    var scanner = StreamScanner(choices: choices, hidesUsage: hidesUsage)
    for chunk in chunks {
      chunk.withUnsafeBytes { bytes in scanner.feed(bytes, with: peek) { run.pieces.append(Array($0)) } }
      if scanner.tailWasReleased { run.wasReleased = true }
    }
    run.end = scanner.finish(with: peek) { run.pieces.append(Array($0)) }
    run.facts = scanner.facts
    return run
  }

  private func expect(_ run: Run, _ stream: RecordedStream, _ cut: String) {
    #expect(run.output == stream.output, "\(stream.name) cut at \(cut)")
    #expect(run.facts == stream.facts, "\(stream.name) cut at \(cut)")
    #expect(run.end == stream.end, "\(stream.name) cut at \(cut)")
  }

  @Test(arguments: RecordedStream.all)
  func everyCutGivesTheSame(stream: RecordedStream) {
    let input = stream.input
    for cut in 0...input.count {
      let run = scan([input[..<cut], input[cut...]], hidesUsage: stream.hidesUsage)
      expect(run, stream, "\(cut)")
    }
  }

  @Test(arguments: RecordedStream.all)
  func manyCutsGiveTheSame(stream: RecordedStream) {
    let input = stream.input
    expect(scan(input.map { [$0] }, hidesUsage: stream.hidesUsage), stream, "every byte")
    var random = SeededGenerator(seed: 7)
    for _ in 0..<200 {
      let cuts = (0..<6).map { _ in Int.random(in: 0...input.count, using: &random) }.sorted()
      let chunks = zip([0] + cuts, cuts + [input.count]).map { input[$0..<$1] }
      expect(scan(chunks, hidesUsage: stream.hidesUsage), stream, "\(cuts)")
    }
  }

  @Test(arguments: RecordedStream.all)
  func unfinishedEventsAreHeldBack(stream: RecordedStream) {
    let input = stream.input
    for cut in 0...input.count {
      var scanner = StreamScanner(hidesUsage: stream.hidesUsage)
      var passed = 0
      input[..<cut].withUnsafeBytes { bytes in scanner.feed(bytes, with: peek) { passed += $0.count } }
      // The last LF of a CR LF may come later.
      let isWhole = stream.boundaries.contains(passed) || stream.boundaries.contains(passed + 1)
      #expect(isWhole, "\(stream.name) cut at \(cut)")
    }
  }

  @Test func chunkOfWholeEventsPassesAsOnePieceInPlace() {
    let input = RecordedStream.chatShowing.input
    var scanner = StreamScanner()
    input.withUnsafeBytes { bytes in
      var pieces = 0
      scanner.feed(bytes, with: peek) { piece in
        pieces += 1
        #expect(piece.baseAddress == bytes.baseAddress && piece.count == bytes.count)
      }
      #expect(pieces == 1)
    }
  }

  @Test func usageOnlyChunkIsDroppedOnlyWhenItIsHidden() {
    let event = Array("data: {\"choices\":[],\"usage\":{\"prompt_tokens\":1}}\n\n".utf8)
    #expect(scan([event[...]], hidesUsage: true).output.isEmpty)
    #expect(scan([event[...]]).output == event)
    for other in [
      #"{"choices":[],"usage":null}"#, #"{"usage":{"prompt_tokens":1}}"#, #"{"choices":[],"usage":{}}"#,
      #"{"choices":[{}],"usage":{"prompt_tokens":1}}"#, #"{"choices":[],"usage":{"prompt_tokens":1}} x"#,
      #"{"choices":[],"usage":{"prompt_tokens":1},"error":{}}"#,
    ] {
      let event = Array("data: \(other)\n\n".utf8)
      #expect(scan([event[...]], hidesUsage: true).output == event, "\(other)")
    }
  }

  @Test func endWithoutBlankLineCounts() {
    for end in ["data: [DONE]", "data: [DONE]\n", "data: [DONE]\r\n"] {
      let run = scan([Array(end.utf8)[...]])
      #expect(run.end == .complete)
      #expect(run.output == Array(end.utf8))
    }
  }

  @Test func brokenTailIsDroppedAndCounted() {
    let whole = "data: {\"choices\":[{\"finish_reason\":null}]}\n\n"
    let tail = #"data: {"choices":[{"finish_reason":"stop"#
    let run = scan([Array((whole + tail).utf8)[...]])
    #expect(run.output == Array(whole.utf8))
    #expect(run.end == .truncated(withheld: tail.utf8.count, tailWasReleased: false))
  }

  @Test func streamWithoutEndIsWholeOnceAllChoicesFinished() {
    let event = Array("data: {\"choices\":[{\"finish_reason\":\"stop\"}]}\n\n".utf8)[...]
    #expect(scan([event], choices: 1).end == .complete)
    #expect(scan([event], choices: 2).end == .truncated(withheld: 0, tailWasReleased: false))
    #expect(scan([event, event], choices: 2).end == .complete)
  }

  @Test func longEventIsReleasedAndStillRead() {
    let filler = String(repeating: "x", count: 100_000)
    let text =
      #"data: {"type":"response.completed","response":{"output":"\#(filler)","usage":{"input_tokens":5}}}"#
    let input = Array((text + "\n\n").utf8)
    for size in [1, 1_000, 70_000] {
      let chunks = stride(from: 0, to: input.count, by: size).map { input[$0..<min($0 + size, input.count)] }
      let run = scan(chunks)
      #expect(run.output == input)
      #expect(run.wasReleased)
      #expect(run.facts.usage == Usage(input: 5))
      #expect(run.end == .complete)
    }
    #expect(
      scan([input.prefix(80_000), input[80_000..<90_000]]).end
        == .truncated(withheld: 0, tailWasReleased: true))
  }

  @Test func endlessEventIsPassedOnUnread() {
    let part = Array(String(repeating: "x", count: 300_000).utf8)[...]
    let run = scan(Array(repeating: part, count: 6) + [Array("\n\n: next\n\n".utf8)[...]])
    #expect(run.output.count == 6 * 300_000 + 10)
    #expect(!run.facts.isDone)
  }

  @Test func garbageAndErrorsPass() {
    let garbage = Array("data: {\"usage\":{not json}\n\nfoo\n\n\n\ndata\n\n".utf8)
    #expect(scan([garbage[...]], hidesUsage: true).output == garbage)
    for error in [
      "event: error\ndata: {\"type\":\"error\",\"message\":\"x\"}\n\n", "data: {\"error\":{}}\n\n",
    ] {
      let run = scan([Array(error.utf8)[...]])
      #expect(run.output == Array(error.utf8))
      #expect(run.end == .failed)
    }
  }
}
