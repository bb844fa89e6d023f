import Testing

@testable import Telemetry

private let hits = MetricFamily(.counter, "hits_total", labels: ["path"], help: "Hits.")
private let open = MetricFamily(.gauge, "open", help: "What is open.")
private let wait = MetricFamily(
  .histogram([10_000_000, 1_000_000_000]), "wait_seconds", .seconds, labels: ["of"], help: "Waits.")

@Suite struct MetricsTests {
  private let registry = MetricsRegistry(families: [hits, open, wait], maximumCells: 24)

  @Test func aScrapeRendersTheSumOverAllShards() {
    let (first, second) = (MetricsShard(registry: registry), MetricsShard(registry: registry))
    let series = registry.series(hits, "a")
    first.increment(series)
    second.add(41, to: series)
    first.add(3, to: registry.series(open))
    second.add(-1, to: registry.series(open))
    let histogram = registry.histogram(wait, "x")
    first.observe(10_000_000, in: histogram)
    first.observe(10_000_001, in: histogram)
    second.observe(5_000_000_000, in: histogram)

    let text = PrometheusText.render([first.snapshot(), second.snapshot()], of: registry)

    #expect(
      text == """
        # HELP hits_total Hits.
        # TYPE hits_total counter
        hits_total{path="a"} 42
        # HELP open What is open.
        # TYPE open gauge
        open 2
        # HELP wait_seconds Waits.
        # TYPE wait_seconds histogram
        wait_seconds_bucket{of="x",le="0.01"} 1
        wait_seconds_bucket{of="x",le="1"} 2
        wait_seconds_bucket{of="x",le="+Inf"} 3
        wait_seconds_sum{of="x"} 5.020000001
        wait_seconds_count{of="x"} 3

        """)
  }

  @Test func labelValuesAreEscaped() {
    let shard = MetricsShard(registry: registry)
    shard.increment(registry.series(hits, "say \"hi\"\\\nthen\r\n go"))
    let text = PrometheusText.render([shard.snapshot()], of: registry)
    #expect(text.contains("hits_total{path=\"say \\\"hi\\\"\\\\\\nthen\r\\n go\"} 1\n"))
  }

  @Test func theSameLabelsGiveTheSameHandle() {
    #expect(registry.series(hits, "a") == registry.series(hits, "a"))
    #expect(registry.series(hits, "a") != registry.series(hits, "b"))
  }

  @Test func aSeriesRegisteredAfterTheSnapshotCountsAsZero() {
    let snapshot = MetricsShard(registry: registry).snapshot()
    _ = registry.series(hits, "late")
    #expect(PrometheusText.render([snapshot], of: registry).contains("hits_total{path=\"late\"} 0\n"))
  }

  @Test func aShardTakesSeriesRegisteredAfterIt() {
    let shard = MetricsShard(registry: registry)
    shard.increment(registry.series(hits, "late"))
    #expect(PrometheusText.render([shard.snapshot()], of: registry).contains("hits_total{path=\"late\"} 1\n"))
  }

  @Test func labelValuesBeyondTheLimitShareOneSeries() {
    let shard = MetricsShard(registry: registry)
    for number in 0..<100 {
      shard.increment(registry.series(hits, "\(number)"))
      shard.observe(1, in: registry.histogram(wait, "\(number)"))
    }
    let text = PrometheusText.render([shard.snapshot()], of: registry)
    #expect(registry.cells <= registry.maximumCells)
    #expect(text.contains("hits_total{path=\"0\"} 1\n"))
    #expect(text.contains("hits_total{path=\"other\"} 96\n"))
    #expect(text.contains("wait_seconds_count{of=\"other\"} 97\n"))
  }

  @Test func aWrappedSumLooksLikeAReset() {
    let shard = MetricsShard(registry: registry)
    let series = registry.series(hits, "a")
    shard.add(.max, to: series)
    shard.add(6, to: series)
    #expect(PrometheusText.render([shard.snapshot()], of: registry).contains("hits_total{path=\"a\"} 5\n"))
  }

  @Test func aNegativeObservationCountsAsZero() {
    let shard = MetricsShard(registry: registry)
    shard.observe(-5, in: registry.histogram(wait, "x"))
    let text = PrometheusText.render([shard.snapshot()], of: registry)
    #expect(text.contains("wait_seconds_bucket{of=\"x\",le=\"0.01\"} 1\n"))
    #expect(text.contains("wait_seconds_sum{of=\"x\"} 0\n"))
  }

  @Test(arguments: 0...16)
  func theBucketIsTheNumberOfBoundsBelow(count: Int) {
    let ascending = (0..<count).map { Int64($0) * 10 + 5 }
    let bounds = HistogramBounds(ascending)
    for value in Int64(0)...180 {
      #expect(bounds.bucket(of: value) == ascending.count { $0 < value })
    }
    #expect(bounds.bucket(of: .max) == count)
  }

  @Test(arguments: [
    (0, 9, "0"), (1, 9, "0.000000001"), (1_500_000_000, 9, "1.5"), (20_000_000, 9, "0.02"),
    (-250_000, 6, "-0.25"),
    (7, 0, "7"), (Int64.min, 9, "-9223372036.854775808"), (100, 0, "100"), (3_000_000, 6, "3"),
  ])
  func numbersAreExactDecimals(value: Int64, decimals: Int, text: String) {
    #expect(PrometheusText.number(value, decimals: decimals) == text)
  }
}
