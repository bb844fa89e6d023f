import Testing

@testable import Policy

/// What sessions said, as the embedded engine adds it up.
struct ExperimentStoreTests {
  private static let subject = ExperimentSubject(name: "x", edition: "e")
  private var store = ExperimentStore(ExperimentNames(prefix: "sy"), most: 3)
  private var sequence: Int64 = 0

  init() {}

  private func tally(_ arm: Int, _ values: [(ExperimentMetric, Int64)]) -> SessionTally {
    var tally = SessionTally(arm: arm)
    for (metric, value) in values { tally.add(value, of: metric) }
    return tally
  }

  private mutating func note(
    _ unit: UInt64, _ arm: Int, _ values: [(ExperimentMetric, Int64)], now: Int64 = 0
  ) {
    sequence += 1
    let note = ExperimentNote(
      replica: "r1", sequence: sequence, Self.subject, [.init(unit: unit, tally: tally(arm, values))])
    #expect(store.note(note, now: now) == .added)
  }

  private func sums(_ name: String) -> Int64 {
    store.sums(of: Self.subject, now: 0)[name].flatMap { Int64($0) } ?? 0
  }

  @Test mutating func aSessionIsCountedOnceWithOneValueOfEach() {
    note(1, 0, [(.error, 0), (.latency, 100), (.cost, 5)])
    note(1, 0, [(.error, 1), (.latency, 301), (.cost, 7)])
    #expect(sums("sessions") == 1 && sums("0.n") == 1)
    #expect(sums("0.error.n") == 1 && sums("0.error.s") == 1 && sums("0.error.ql") == 1)
    // ⌊401 / 2 + ½⌋
    #expect(sums("0.latency.s") == 201 && sums("0.latency.ql") == 201 * 201)
    #expect(sums("0.cost.s") == 12 && sums("0.cost.ql") == 144)
    note(2, 1, [(.error, 0)])
    #expect(sums("1.error.n") == 1 && sums("1.error.s") == 0 && sums("0.n") == 1)
  }

  @Test mutating func squaresAreExactInTwoParts() {
    note(1, 0, [(.cost, 90_000_000)])
    note(2, 0, [(.cost, 89_999_999)])
    let squares = 90_000_000 * 90_000_000 + 89_999_999 * 89_999_999 as Int64
    #expect(sums("0.cost.qh") * 1_000_000_000 + sums("0.cost.ql") == squares)
    // A mean may fall again.
    note(3, 0, [(.latency, 90_000_000)])
    note(3, 0, [(.latency, 0)])
    #expect(sums("0.latency.s") == 45_000_000)
    #expect(sums("0.latency.qh") * 1_000_000_000 + sums("0.latency.ql") == 45_000_000 * 45_000_000)
  }

  @Test mutating func theSameCallIsAddedOnce() {
    let note = ExperimentNote(
      replica: "r1", sequence: 5, Self.subject, [.init(unit: 1, tally: tally(0, [(.cost, 5)]))])
    #expect(store.note(note, now: 0) == .added)
    #expect(store.note(note, now: 0) == .repeated)
    #expect(sums("0.cost.s") == 5)
  }

  @Test mutating func aSessionStaysInItsArmAndThereAreEnoughOnce() {
    for unit in 1...4 as ClosedRange<UInt64> { note(unit, 0, [(.cost, 1)]) }
    note(1, 1, [(.cost, 1)])
    #expect(sums("sessions") == 3 && sums("0.n") == 3 && sums("0.cost.s") == 3 && sums("1.n") == 0)
    note(3, 0, [(.cost, 1)])
    #expect(sums("0.cost.s") == 4)
  }

  @Test mutating func aSessionEndsAfterADayOfSilence() {
    note(1, 0, [(.cost, 1)])
    store.sweep(now: ExperimentNote.sessionLifetime)
    note(1, 0, [(.cost, 1)], now: ExperimentNote.sessionLifetime)
    #expect(store.sums(of: Self.subject, now: ExperimentNote.sessionLifetime)["0.n"] == "2")
    store.sweep(now: ExperimentNote.sessionLifetime + ExperimentNote.sumsLifetime)
    #expect(store.entries.isEmpty)
  }

  @Test func talliesAddUpAndKeepTheirArm() {
    var one = tally(0, [(.cost, 1), (.error, 0)])
    one += tally(0, [(.cost, 2), (.score, 7)])
    one += tally(1, [(.cost, 100)])
    #expect(one.words.map(\.name) == ["cost", "error", "score"])
    #expect(one.words.map(\.told.sum) == [3, 0, 7] && one.words.map(\.told.count) == [2, 1, 1])
  }
}
