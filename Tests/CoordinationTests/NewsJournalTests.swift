import Testing

@testable import Coordination

struct NewsJournalTests {
  @Test func nothingIsToldTwice() {
    var journal = NewsJournal()
    let news: [RedisClient.News] = [
      .down, .failed("a"), .failed("a"), .primary("p"), .up, .up, .primary("p"), .down, .failed("a"),
      .primary("q"),
    ]
    let told = news.filter { journal.isNew($0) }
    #expect(told == [.failed("a"), .primary("p"), .up, .down, .failed("a"), .primary("q")])
  }

  @Test func anOutageIsAFewLines() {
    var journal = NewsJournal()
    let told = (0..<100).filter { journal.isNew(.failed("\($0)")) }
    #expect(told.count == ReasonJournal.maximumReasons)
  }

  /// A part of a cluster that went and came back may go again.
  @Test func whatIsOverIsToldAnew() {
    var journal = NewsJournal()
    let news: [RedisClient.News] = [.up, .failed("a"), .failed("a"), .up, .failed("a")]
    let told = news.filter { journal.isNew($0) }
    #expect(told == [.up, .failed("a"), .failed("a")])
  }
}
