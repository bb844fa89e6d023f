import Coordination
import Policy
import Testing

@testable import Gateway

/// What sessions say reaches the shared state, over a store in memory and in a time that only passes where a test says so.
final class ExperimentLinkTests {
  private static let subject = ExperimentSubject(name: "x", edition: "e")

  private let store = EmbeddedStore()
  private let desk = ExperimentDesk()
  private var now: Int64 = 1_795_290_000_000

  private func state() -> EmbeddedState { EmbeddedState(store, clock: { [weak self] in self?.now ?? 0 }) }

  private func link() -> ExperimentLink {
    ExperimentLink(state(), desk, replica: "r1", clock: { [weak self] in self?.now ?? 0 })
  }

  private func sums() throws -> [String: String] {
    var found: Result<[String: String], StateFailure>?
    state().readSums(of: Self.subject) { found = $0 }
    return try #require(found).get()
  }

  private func add(_ unit: UInt64, cost: Int64) {
    var tally = SessionTally(arm: Int(unit % 2))
    tally.add(cost, of: .cost)
    desk.add(tally, unit: unit, of: Self.subject)
  }

  @Test func allIsToldOnceASecond() throws {
    let link = link()
    link.tick()
    for unit in 0..<120 as Range<UInt64> { add(unit, cost: 2) }
    add(0, cost: 3)
    now += 999
    link.tick()
    #expect(try sums().isEmpty)
    now += 1
    link.tick()
    let sums = try sums()
    #expect(sums["sessions"] == "120" && sums["0.n"] == "60" && sums["1.n"] == "60")
    #expect(sums["0.cost.s"] == "123" && sums["1.cost.s"] == "120")
    now += 1_000
    link.tick()
    #expect(try self.sums() == sums, "nothing is told twice")
  }

  @Test func theDeskHoldsSoManyAndCountsWhatItLoses() {
    for unit in 0..<20_010 as Range<UInt64> { add(unit, cost: 1) }
    add(0, cost: 1)
    #expect(desk.lost == 10)
    var (taken, batches) = (0, 0)
    while let batch = desk.take().first {
      taken += batch.sessions.count
      batches += 1
    }
    #expect(taken == 20_000 && batches == 20_000 / ExperimentNote.mostSessions)
    #expect(desk.take().isEmpty)
    add(1, cost: 1)
    #expect(desk.take(besides: [Self.subject]).isEmpty)
    #expect(desk.take().count == 1)
  }
}
