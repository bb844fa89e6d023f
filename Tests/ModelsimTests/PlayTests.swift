import NIOCore
import Testing

@testable import modelsim

@Suite struct PlayTests {
  private func rendition(stream: Bool = true, tokens: Int = 3, usage: Bool = false) -> Rendition {
    var ask = Ask()
    ask.promptTokens = 5
    return Rendition(
      surface: .chat, number: 1, model: "m", isStream: stream, includesUsage: usage,
      answer: Answer(to: ask, tokens: tokens, seed: 1))
  }

  private func play(_ rendition: Rendition, _ fault: Fault? = nil, perToken: Distribution = .zero) -> Play {
    var play = Play(.rendition(rendition), number: 1, random: SeededRandom(seed: 1))
    play.fault = fault
    play.perToken = perToken
    return play
  }

  /// All steps with the text that goes with each.
  private func run(_ play: Play) -> [(text: String, step: Play.Step)] {
    var play = play
    var steps: [(String, Play.Step)] = []
    while true {
      var out = ByteBuffer()
      let step = play.step(into: &out)
      steps.append((String(buffer: out), step))
      guard case .wait = step else { return steps }
    }
  }

  private func events(_ text: String) -> Int {
    text.split(separator: "data: ", omittingEmptySubsequences: false).count - 1
  }

  @Test func aStreamAtOnceIsOneStep() {
    let steps = run(play(rendition(usage: true)))
    #expect(steps.count == 1 && steps[0].step == .finish)
    #expect(events(steps[0].text) == 1 + 3 + 1 + 1 + 1)
    #expect(steps[0].text.hasSuffix("data: [DONE]\n\n\r\n0\r\n\r\n"))
  }

  @Test func aPacedStreamWaitsBeforeEachTokenButTheFirst() {
    var play = play(rendition(), perToken: .constant(7))
    play.ttft = .constant(9)
    let steps = run(play)
    #expect(steps.map(\.step) == [.wait(9), .wait(7), .wait(7), .finish])
    #expect(steps.map { events($0.text) } == [0, 2, 1, 3])
  }

  @Test func aPlainAnswerWaitsForAllItsTokens() {
    var play = play(rendition(stream: false), perToken: .constant(7))
    play.ttft = .constant(9)
    #expect(run(play).map(\.step) == [.wait(9 + 2 * 7), .finish])
  }

  @Test func roleComesFirstAndFinishLast() {
    let text = run(play(rendition()))[0].text
    let data = text.split(separator: "data: ").dropFirst()
    #expect(data.first?.contains(#""delta":{"role":"assistant","content":"""#) == true)
    #expect(data.dropLast().last?.contains(#""delta":{},"logprobs":null,"finish_reason":"stop""#) == true)
  }

  @Test(arguments: [
    (Fault.reset(.midStream(afterChunks: 2)), Play.Step.reset), (.close(.midStream(afterChunks: 2)), .close),
    (.stall(.midStream(afterChunks: 2)), .stall),
  ])
  func aStreamBreaksAfterTheChunksSaid(fault: Fault, step: Play.Step) {
    let steps = run(play(rendition(), fault))
    #expect(steps.last?.step == step)
    #expect(events(steps[0].text) == 2)
    #expect(!steps[0].text.contains("[DONE]"))
  }

  @Test func aBreakThatComesTooLateComesBeforeTheEnd() {
    let steps = run(play(rendition(), .reset(.midStream(afterChunks: 99))))
    #expect(steps.last?.step == .reset)
    #expect(!steps[0].text.contains("[DONE]"))
  }

  @Test func aPlainAnswerBreaksAtItsHalf() throws {
    let whole = run(play(rendition(stream: false)))[0].text
    let cut = run(play(rendition(stream: false), .close(.midStream(afterChunks: 1))))
    #expect(cut[0].step == .close)
    #expect(whole.hasPrefix(cut[0].text) && cut[0].text.contains("\r\n\r\n{"))
    #expect(cut[0].text.utf8.count < whole.utf8.count)
  }

  @Test func aDripIsTheSameAnswerByteByByte() {
    let whole = run(play(rendition()))[0].text
    let steps = run(play(rendition(), .drip(5)))
    #expect(steps.map(\.text).joined() == whole)
    #expect(steps.allSatisfy { $0.text.utf8.count == 1 })
    #expect(steps.first?.step == .wait(5) && steps.last?.step == .finish)
  }

  @Test func aSlowBodyHasItsHeadAtOnce() {
    let steps = run(play(rendition(stream: false), .slowBody(5)))
    #expect(steps[0].text.hasSuffix("\r\n\r\n"))
    #expect(steps.dropFirst().allSatisfy { $0.text.utf8.count == 1 })
  }

  @Test func anErrorEventEndsAStreamWithoutDone() {
    let steps = run(play(rendition(), .errorEvent(afterChunks: 2)))
    #expect(steps[0].step == .finish)
    #expect(events(steps[0].text) == 3)
    #expect(steps[0].text.contains(#"data: {"error""#) && !steps[0].text.contains("[DONE]"))
  }

  @Test func aLongStreamComesInBatches() {
    let steps = run(play(rendition(tokens: 2000)))
    #expect(steps.count > 2)
    #expect(steps.dropLast().allSatisfy { $0.step == .wait(0) })
    #expect(steps.allSatisfy { $0.text.utf8.count < 2 * Play.batch })
  }

  @Test func maxTokensCutsTheAnswer() {
    var ask = Ask()
    ask.maxTokens = 2
    let answer = Answer(to: ask, tokens: 16, seed: 1)
    #expect(answer.completionTokens == 2)
    #expect(answer.finish == .length)
  }
}

@Suite struct RenderingTests {
  @Test(arguments: [0, 7, 10, 12_345_678, 123_456_789, 9_007_199_254_740_993])
  func numbersAreWrittenInDecimal(number: Int) {
    var buffer = ByteBuffer()
    buffer.writeDecimal(number)
    #expect(String(buffer: buffer) == String(number))
  }

  @Test(arguments: [0, 1, 16, 500])
  func allPiecesTogetherAreTheWholeText(tokens: Int) {
    let answer = Answer(to: Ask(), tokens: tokens, seed: 4)
    var whole = ByteBuffer()
    var pieces = ByteBuffer()
    answer.writeText(choice: 1, into: &whole)
    for index in 0..<answer.pieceCount { answer.write(answer.place(of: index), choice: 1, into: &pieces) }
    #expect(whole == pieces)
    #expect(String(buffer: whole).split(separator: " ").count == tokens)
  }

  @Test(arguments: [0, 16, 100, 3000])
  func theContentLengthIsTheBodysLength(tokens: Int) {
    let rendition = Rendition(
      surface: .chat, number: 1, model: "m", isStream: false, includesUsage: false,
      answer: Answer(to: Ask(), tokens: tokens, seed: 4))
    var play = Play(.rendition(rendition), number: 1, random: SeededRandom(seed: 1))
    play.keepsAlive = tokens != 16
    var out = ByteBuffer()
    _ = play.step(into: &out)
    let halves = String(buffer: out).split(separator: "\r\n\r\n")
    #expect(halves[0].split(separator: "\r\n").contains("content-length: \(halves[1].utf8.count)"))
  }
}
