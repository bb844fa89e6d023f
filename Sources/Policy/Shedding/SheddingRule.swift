/// The share of new requests that an overloaded replica refuses, in thousandths: nothing up to a threshold, rising evenly from there to
/// `most` where it is saturated (Envoy's scaled triggers). Never all: what gets through shows that it is over.
package enum SheddingRule {
  package static let most = 800

  /// By the median lag of a loop, in nanoseconds. At a quarter of a second, every request waits as long to be noticed at all.
  package static func share(lag: Int64) -> Int {
    scaled(Double(lag), from: 250_000_000, to: 1_250_000_000)
  }

  /// By the bytes of bodies held, of those that may be: new ones make room for the rest of those that have begun.
  package static func share(buffered: Int, limit: Int) -> Int {
    scaled(Double(buffered) / Double(max(1, limit)), from: 0.8, to: 1)
  }

  private static func scaled(_ value: Double, from threshold: Double, to saturation: Double) -> Int {
    let part = (value - threshold) / (saturation - threshold)
    return Int(Double(most) * min(max(part, 0), 1))
  }
}
