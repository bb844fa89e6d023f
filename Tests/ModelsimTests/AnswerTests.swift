import NIOCore
import Testing

@testable import modelsim

@Suite struct AnswerTests {
  private func text(_ answer: Answer) -> String {
    var buffer = ByteBuffer()
    answer.writeText(choice: 0, into: &buffer)
    return String(buffer: buffer)
  }

  private func offering(_ names: String...) -> Ask {
    var ask = Ask()
    ask.offers = names.map { Ask.Offer(name: $0, schema: ["type": "object"]) }
    return ask
  }

  @Test func aStopSequenceEndsTheAnswerBeforeIt() throws {
    let whole = text(Answer(to: Ask(), tokens: 12, seed: 4))
    let stop = try #require(whole.split(separator: " ").last.map { String($0) })
    let end = try #require(firstRange(of: stop, in: whole)?.lowerBound)
    var ask = Ask()
    ask.stops = ["no such word", stop]
    let answer = Answer(to: ask, tokens: 12, seed: 4)
    #expect(text(answer) == String(whole[..<end]))
    #expect(answer.stopSequence == stop && answer.finish == .stop)
    #expect(answer.completionTokens < 12)
  }

  @Test func theFirstOfSeveralStopSequencesCounts() {
    var ask = Ask()
    ask.stops = ["three", "two"]
    let answer = Answer(to: ask, tokens: 12, seed: 4, behaviour: Behaviour(text: "one two three"))
    #expect(text(answer) == "one ")
    #expect(answer.stopSequence == "two")
  }

  @Test func everyPieceHasItsPlace() {
    let behaviour = Behaviour(text: "12345", tool: "f", calls: 2, thinking: 2)
    let answer = Answer(to: Ask(), tokens: 12, seed: 4, behaviour: behaviour)
    #expect(answer.parts == [.thought, .text, .call(0), .call(1)])
    #expect(answer.finish == .calls)
    let places = (0..<answer.pieceCount).map { answer.place(of: $0) }
    #expect(places.map(\.part) == [.thought, .thought, .text, .text, .call(0), .call(1)])
    #expect(places.map(\.isFirst) == [true, false, true, false, true, true])
    #expect(places.map(\.isLast) == [false, true, false, true, true, true])
  }

  @Test func callsGoRoundTheFunctionsOffered() {
    var ask = offering("a", "b")
    #expect(ask.calls(named: nil, count: 3).map(\.name) == ["a", "b", "a"])
    #expect(ask.calls(named: nil, count: nil).map(\.name) == ["a"])
    #expect(ask.calls(named: "c", count: nil).map(\.name) == ["c"])
    #expect(ask.calls(named: nil, count: 0).isEmpty)
    ask.allowsSeveralCalls = false
    #expect(ask.calls(named: nil, count: 3).map(\.name) == ["a"])
    ask.use = .named("b")
    #expect(ask.calls(named: nil, count: nil).map(\.name) == ["b"])
  }

  @Test func whatAFunctionReturnedIsAnsweredInWords() {
    var ask = offering("a")
    ask.endsWithResult = true
    #expect(Answer(to: ask, tokens: 3, seed: 4).calls.isEmpty)
    ask.use = .always
    #expect(Answer(to: ask, tokens: 3, seed: 4).isCall)
  }

  @Test func thoughtsCountAsTokensAndAgainstTheLimit() {
    var ask = Ask()
    ask.thinks = true
    ask.maxTokens = 6
    let answer = Answer(to: ask, tokens: 12, seed: 4)
    #expect(answer.thinking == Answer.usualThinking)
    #expect(answer.completionTokens == 6 && answer.textCount == 2)
    #expect(answer.finish == .length)
  }

  @Test func aSignatureIsThatOfItsText() {
    #expect(Signature.of("a thought") == Signature.of("a thought"))
    #expect(Signature.of("a thought") != Signature.of("a thoughT"))
    #expect(isBase64(Signature.of("a thought")))
  }

  @Test(arguments: [("aGk=", true), ("aGk", false), ("", false), ("a*k=", false), ("aGkx", true)])
  func base64IsTold(text: String, isSound: Bool) {
    #expect(isBase64(text) == isSound)
  }
}
