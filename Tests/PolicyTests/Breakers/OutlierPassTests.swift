import Testing

@testable import Policy

struct OutlierPassTests {
  /// Two callers of so many calls each, of which so many in a hundred fail.
  private func endpoint(_ percent: Int64, calls: Int64 = 200) -> BreakerCounts {
    var counts = BreakerCounts()
    for cell in [3, 7] {
      counts.cells[cell] = .init(ok: calls - calls * percent / 100, fail: calls * percent / 100)
    }
    return counts
  }

  private func outliers(_ percents: [Int64], calls: Int64 = 200, notClosed: Int = 0) -> [Int] {
    OutlierPass.outliers(percents.map { endpoint($0, calls: calls) }, notClosed: notClosed)
  }

  @Test func theOneThatFailsFarMoreOftenIsFound() {
    #expect(outliers([0, 0, 30, 0, 0]) == [2])
    #expect(outliers([0, 1, 30, 2, 0, 1]) == [2])
    #expect(outliers([1, 1, 1, 1, 1]) == [])
  }

  @Test func fourEndpointsSayNothing() { #expect(outliers([0, 0, 30, 0]) == []) }

  @Test func fewCallsSayNothing() {
    // The worse of two callers is left out: what the other one called has to be enough.
    #expect(outliers([0, 0, 30, 0, 0], calls: 99) == [])
    #expect(outliers([0, 0, 30, 0, 0], calls: 100) == [2])
  }

  @Test func whereAllDoWellTheWorstDoesToo() {
    #expect(outliers([0, 0, 5, 0, 0, 0, 0, 0, 0, 0]) == [], "4.5 points below the mean")
    #expect(outliers([0, 0, 6, 0, 0, 0, 0, 0, 0, 0]) == [2])
  }

  /// Half of a pool is no outlier.
  @Test func whereManyFailNoneStandsOut() { #expect(outliers([40, 40, 40, 0, 0, 0]) == []) }

  @Test func oneOrATenthIsOut() {
    let two = [30, 40] + Array(repeating: Int64(0), count: 17)
    #expect(outliers(two) == [1])
    #expect(outliers(two + [0]) == [1, 0])
    #expect(outliers(two + [0], notClosed: 1) == [1])
    #expect(outliers(two, notClosed: 1) == [])
  }

  /// Ruling 2: it fails at one endpoint alone, and nobody else does there.
  @Test func oneCallerMakesNoOutlier() {
    var pool = (0..<5).map { _ in endpoint(0) }
    pool[2].cells[9] = .init(ok: 0, fail: 500)
    #expect(OutlierPass.outliers(pool, notClosed: 0) == [])
    pool[2].cells[3] = .init(ok: 100, fail: 100)
    #expect(OutlierPass.outliers(pool, notClosed: 0) == [2], "a second one does")
  }

  /// Where there is one caller in all it is the endpoint that differs.
  @Test func aLoneCallerIsHeard() {
    var pool = (0..<5).map { _ in BreakerCounts() }
    for place in pool.indices { pool[place].cells[1] = .init(ok: 200) }
    pool[4].cells[1] = .init(ok: 120, fail: 80)
    #expect(OutlierPass.outliers(pool, notClosed: 0) == [4])
  }

  @Test func failuresOfTheTransportAreNobodys() {
    var pool = (0..<5).map { _ in endpoint(0) }
    pool[1].fail = 120
    #expect(OutlierPass.outliers(pool, notClosed: 0) == [1])
  }

  @Test func aWindowIsReadAsItIsWritten() throws {
    let settings = BreakerSettings()
    var window = BreakerWindow()
    var counts = endpoint(10)
    counts.ok = 4
    counts.fail = 2
    for now in [5_000, 9_000, 14_500] as [Int64] {
      _ = window.add(counts, now, of: "a", settings, now: now)
    }
    var fields = ["@a": "14500 14500", "x": "y"]
    for (at, counts) in window.buckets { fields["\(at)"] = counts.text }
    let read = BreakerWindow(fields: fields)
    #expect(read.buckets == window.buckets)
    #expect(read.sum(settings, now: 14_900) == window.sum(settings, now: 14_900))
    #expect(read.sum(settings, now: 14_900).fail == 6)
    #expect(read.sum(settings, now: 18_900).fail == 4, "what is too old is left out")
    #expect(
      BreakerCounts("4 2 16:1/1/1") == nil && BreakerCounts("4") == nil && BreakerCounts("4 2 3:1/1") == nil)
  }
}
