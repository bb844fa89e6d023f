/// `Server-Timing` (W3C): what the exchange waited for, in milliseconds with three digits behind the point.
enum ServerTiming {
  /// - Parameters:
  ///   - upstream: nanoseconds spent waiting for providers, up to the answer's first byte.
  ///   - overhead: nanoseconds of our own.
  static func text(upstream: Int64, overhead: Int64) -> String {
    "upstream;dur=\(milliseconds(upstream)), overhead;dur=\(milliseconds(overhead))"
  }

  private static func milliseconds(_ nanoseconds: Int64) -> String {
    let (whole, rest) = (max(0, nanoseconds) / 1000).quotientAndRemainder(dividingBy: 1000)
    let zeros = rest < 10 ? "00" : rest < 100 ? "0" : ""
    return "\(whole).\(zeros)\(rest)"
  }
}
