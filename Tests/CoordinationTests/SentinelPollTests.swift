import Testing

@testable import Coordination

struct SentinelPollTests {
  private static func answer(_ port: Int, epoch: Int64) -> SentinelPoll.Answer {
    SentinelPoll.Answer(address: .tcp(host: "h", port: port), epoch: epoch)
  }

  @Test func aMajorityDecidesAndTheHighestEpochWins() {
    var poll = SentinelPoll(sentinels: 3, epoch: 0)
    let outcomes = [
      poll.answered(Self.answer(1, epoch: 4)), poll.answered(Self.answer(2, epoch: 5)),
      poll.answered(Self.answer(3, epoch: 6)),
    ]
    #expect(outcomes == [.wait, .primary(Self.answer(2, epoch: 5)), .wait], "and what is late is silent")
  }

  @Test func oneAnswerIsEnoughWhereTheOthersFail() {
    var poll = SentinelPoll(sentinels: 3, epoch: 0)
    let outcomes = [
      poll.failed("a"), poll.answered(Self.answer(1, epoch: 1)), poll.failed("b"),
    ]
    #expect(outcomes == [.wait, .wait, .primary(Self.answer(1, epoch: 1))])
  }

  @Test func withoutAnyAnswerTheFirstReasonIsTold() {
    var poll = SentinelPoll(sentinels: 2, epoch: 0)
    let outcomes = [poll.failed("a"), poll.failed("b")]
    #expect(outcomes == [.wait, .unknown(reason: "a")])
  }

  @Test func aSentinelThatLagsDoesNotCount() {
    var poll = SentinelPoll(sentinels: 3, epoch: 5)
    let outcomes = [
      poll.answered(Self.answer(1, epoch: 4)), poll.answered(Self.answer(1, epoch: 4)),
      poll.answered(Self.answer(2, epoch: 5)),
    ]
    #expect(outcomes == [.wait, .wait, .primary(Self.answer(2, epoch: 5))])
  }

  @Test func sentinelsMadeAnewAreBelieved() {
    var poll = SentinelPoll(sentinels: 2, epoch: 5)
    let outcomes = [poll.answered(Self.answer(1, epoch: 0)), poll.answered(Self.answer(1, epoch: 0))]
    #expect(outcomes == [.wait, .primary(Self.answer(1, epoch: 0))])
  }

  @Test func repliesAreRead() {
    let list = { (words: [String]) in Reply.list(words.map { .bytes(Array($0.utf8)) }) }
    let address = list(["10.0.0.1", "6379"])
    let state = list(["name", "sy", "ip", "10.0.0.2", "port", "6379", "config-epoch", "7"])
    #expect(
      SentinelPoll.Answer([address, state]) == .init(address: .tcp(host: "10.0.0.1", port: 6_379), epoch: 7))
    #expect(SentinelPoll.Answer([address]) == nil && SentinelPoll.Answer([address, address]) == nil)
    #expect(SentinelPoll.Answer([.none, .error(.other("ERR No such master with that name"))]) == nil)
    let switched = SwitchedPrimary(Array("sy 10.0.0.1 1 ::1 2".utf8))
    #expect(switched?.name == "sy" && switched?.address == .tcp(host: "::1", port: 2))
    #expect(SwitchedPrimary(Array("sy 1 2".utf8)) == nil)
  }
}
