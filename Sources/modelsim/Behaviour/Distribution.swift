import Glibc

/// How long something takes: a constant or a law to draw from. All times are nanoseconds.
///
/// Written `20ms`, `uniform:10ms..30ms`, `lognormal:MEDIAN,SIGMA` or `exponential:MEAN`.
enum Distribution: Equatable, Sendable {
  case constant(Int64)
  case uniform(Int64, Int64)
  case lognormal(median: Int64, sigma: Double)
  case exponential(mean: Int64)

  /// Draws longer than an hour are cut to one hour, so that no draw overflows a deadline.
  static let longest: Int64 = 3_600_000_000_000

  static let zero = Distribution.constant(0)

  /// Fails when `text` is none of the four forms.
  init?(_ text: some StringProtocol) {
    let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
    guard parts.count == 2 else {
      guard let time = nanoseconds(text) else { return nil }
      self = .constant(time)
      return
    }
    switch parts[0] {
    case "uniform": self.init(uniform: parts[1])
    case "lognormal": self.init(lognormal: parts[1])
    case "exponential":
      guard let mean = nanoseconds(parts[1]) else { return nil }
      self = .exponential(mean: mean)
    default: return nil
    }
  }

  private init?(uniform text: some StringProtocol) {
    guard let dots = firstRange(of: "..", in: text) else { return nil }
    guard let low = nanoseconds(text[..<dots.lowerBound]), let high = nanoseconds(text[dots.upperBound...]),
      low <= high
    else { return nil }
    self = .uniform(low, high)
  }

  private init?(lognormal text: some StringProtocol) {
    let parts = text.split(separator: ",")
    guard parts.count == 2, let median = nanoseconds(parts[0]), let sigma = Double(String(parts[1])),
      sigma >= 0, sigma.isFinite
    else { return nil }
    self = .lognormal(median: median, sigma: sigma)
  }

  /// One draw in nanoseconds, from 0 to `longest`.
  func draw(_ random: inout SeededRandom) -> Int64 {
    switch self {
    case .constant(let time): min(time, Self.longest)
    case .uniform(let low, let high): min(low + Int64(random.unit() * Double(high - low)), Self.longest)
    case .lognormal(let median, let sigma): clipped(Double(median) * exp(sigma * normal(&random)))
    case .exponential(let mean): clipped(-Double(mean) * log(1 - random.unit()))
    }
  }

  private func clipped(_ time: Double) -> Int64 {
    Int64(max(0, min(time, Double(Self.longest))))
  }

  /// A standard normal draw (Box–Muller, one of the pair).
  private func normal(_ random: inout SeededRandom) -> Double {
    let radius = (-2 * log(1 - random.unit())).squareRoot()
    return radius * cos(2 * Double.pi * random.unit())
  }
}

/// The nanoseconds of `250us`, `20ms`, `1.5s`, `2m` or `0`; nil for anything else. A bare number but 0 has no unit.
func nanoseconds(_ text: some StringProtocol) -> Int64? {
  let units: [(String, Double)] = [("ns", 1), ("us", 1e3), ("µs", 1e3), ("ms", 1e6), ("s", 1e9), ("m", 60e9)]
  if text == "0" { return 0 }
  guard let (suffix, scale) = units.first(where: { text.hasSuffix($0.0) }) else { return nil }
  guard let number = Double(String(text.dropLast(suffix.count))), number >= 0 else { return nil }
  let time = number * scale
  return time <= Double(Distribution.longest) ? Int64(time.rounded()) : nil
}

/// Where `needle` first stands in `text`.
func firstRange<Text: StringProtocol>(of needle: String, in text: Text) -> Range<Text.Index>? {
  var start = text.startIndex
  while start < text.endIndex {
    if text[start...].hasPrefix(needle) {
      return start..<text.index(start, offsetBy: needle.count)
    }
    start = text.index(after: start)
  }
  return nil
}
