import Testing

@testable import modelsim

@Suite struct RecordsTests {
  private func entry(_ id: UInt64, outcome: LogEntry.Outcome = .answered) -> LogEntry {
    var entry = LogEntry(
      id: id, time: 0, port: 1, path: "/", model: "m", isStream: false, keySuffix: "1234",
      hasAuthorization: true, extras: [], bodyBytes: 0)
    entry.outcome = outcome
    entry.status = 200
    entry.promptTokens = 1000
    entry.completionTokens = 500
    return entry
  }

  @Test func theLogKeepsTheLastEntriesInOrder() {
    var log = RequestLog(capacity: 3)
    for id in UInt64(1)...5 { log.append(entry(id)) }
    #expect(log.entries(since: 0).map(\.id) == [3, 4, 5])
    #expect(log.entries(since: 4).map(\.id) == [5])
  }

  @Test func onlyKeptEntriesAreUpdated() {
    var log = RequestLog(capacity: 3)
    for id in UInt64(1)...5 { log.append(entry(id)) }
    for id in UInt64(1)...6 { log.update(id) { $0.chunks = Int(id) } }
    #expect(log.entries(since: 0).map(\.chunks) == [3, 4, 5])
  }

  @Test func tokensAreChargedByTheMillion() {
    var bill = Bill()
    bill.take(entry(1), sinceLastChunk: 0)
    let prices = Prices(input: 2_000_000, output: 4_000_000)
    #expect(prices.cost(bill.total) == 4000)
    #expect(bill.json(prices)["total"]?["dollars"]?.description == "0.004000")
  }

  @Test func outcomesAreCountedApart() {
    var bill = Bill()
    for outcome in [LogEntry.Outcome.answered, .rejected, .faulted, .cancelled, .cancelled] {
      bill.take(entry(1, outcome: outcome), sinceLastChunk: 3)
    }
    let total = bill.total
    #expect((total.requests, total.answered, total.rejected) == (5, 1, 1))
    #expect((total.faulted, total.cancelled) == (1, 2))
    #expect(bill.cancellations.map(\.sinceLastChunk) == [3, 3])
  }

  @Test func refusedRequestsCostNothing() {
    var bill = Bill()
    var refused = entry(1, outcome: .faulted)
    refused.status = 503
    bill.take(refused, sinceLastChunk: 0)
    #expect(bill.total.promptTokens == 0 && bill.total.requests == 1)
  }
}
