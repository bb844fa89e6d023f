import Testing

@testable import Policy

struct QuantileSketchTests {
  /// From 0.1 ms to 100 s, as many in each tenfold.
  private func values(_ count: Int, seed: UInt64) -> [Double] {
    var chance = Chance(seed: seed)
    return (0..<count).map { _ in
      1e-4 * Elementary.exp(Double(chance.below(1_000_000)) / 1_000_000 * Elementary.log(1e6))
    }
  }

  private func sketch(_ values: some Sequence<Double>) -> QuantileSketch {
    var sketch = QuantileSketch()
    for value in values { sketch.add(value) }
    return sketch
  }

  @Test(arguments: [0, 0.1, 0.5, 0.95, 0.99, 1]) func quantilesAreWithinTwoPercent(_ fraction: Double) throws
  {
    let values = values(5_000, seed: 7)
    let exact = values.sorted()[Int(fraction * 4_999)]
    let found = try #require(sketch(values).quantile(fraction))
    #expect(abs(found / exact - 1) <= 0.02 + 1e-9, "\(found) for \(exact)")
  }

  @Test func theSumOfPartsIsTheSketchOfAll() {
    let values = values(4_000, seed: 9)
    var sum = QuantileSketch()
    for part in 0..<8 { sum += sketch(values.enumerated().filter { $0.offset % 8 == part }.map(\.element)) }
    #expect(sum == sketch(values) && sum.count == 4_000)
  }

  @Test func valuesBeyondTheRangeCountAtItsEnds() throws {
    let sketch = sketch([-5, 0, 1e-9, .infinity, 1e300, .nan, -.infinity])
    #expect(sketch.count == 6 && sketch.quantile(0) == 0 && sketch.words.count == 2)
    let most = try #require(sketch.quantile(1))
    #expect(abs(most / 1e12 - 1) <= 0.021)
    #expect(QuantileSketch().quantile(0.5) == nil)
  }

  @Test func itsTextIsRead() {
    let sketch = sketch(values(500, seed: 1) + [0, 0])
    #expect(QuantileSketch(text: sketch.text) == sketch && sketch.text.hasPrefix("zero=2 "))
    #expect(QuantileSketch(text: "") == QuantileSketch())
    for text in [
      "12", "12=", "=1", "12=-1", "12=1.5", "x=1", "99999=1", "692=1", "-346=1", "12=1=1",
      "12=9999999999999999999", "zero=",
    ] { #expect(QuantileSketch(text: text) == nil, "\(text)") }
  }

  @Test func noSumOfCountsOverflows() {
    let most = "12=\(Int64(1) << 50)"
    var sketch = QuantileSketch(text: "\(most) \(most)") ?? QuantileSketch()
    for _ in 0..<70 { sketch += sketch }
    #expect(sketch.count == 1 << 50 && sketch.quantile(0.5) != nil)
  }
}
