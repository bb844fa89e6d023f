/// Learns from what exchanges really used how many tokens the next will (algorithms §1, ruling 5). One per model.
package struct TokenEstimator: Sendable {
  /// Bytes of text per token, times 1,024: an average that follows a model's texts within some hundred exchanges.
  private var bytesPerToken: Int64 = 4 << 10
  private var outputs = OutputQuantile()

  package static let tokensPerImage: Int64 = 1_000
  /// What a scalar beyond most alphabets (Chinese, Japanese, Korean) is taken for, tokens.
  package static let tokensPerWideScalar: Int64 = 1

  package init() {}

  /// Input tokens of a request.
  package func input(_ facts: RequestFacts) -> Int64 {
    let narrow = (Self.narrowBytes(facts) << 10) / bytesPerToken
    let wide = Int64(facts.wideScalars) * Self.tokensPerWideScalar
    return narrow + wide + Int64(facts.images) * Self.tokensPerImage + 1
  }

  /// Bytes of text that are taken for so many input tokens, beside images, before anything is learned.
  package static func textBytes(ofInput tokens: Int64, images: Int) -> Int {
    Int(max(0, min(tokens, 1 << 40) - Int64(images) * tokensPerImage - 1) * 4)
  }

  private static func narrowBytes(_ facts: RequestFacts) -> Int64 {
    max(0, Int64(facts.textBytes) - 3 * Int64(facts.wideScalars))
  }

  /// Output tokens of a request: what it asks for at most, or what nineteen of twenty answers stay below.
  package func output(_ facts: RequestFacts) -> Int64 {
    guard facts.surface.asksForText else { return 0 }
    let asked = facts.maxOutputTokens.map { Int64(max(0, $0)) } ?? .max
    return min(asked, outputs.p95, 1 << 40) * Int64(max(1, min(facts.choices, 1_024)))
  }

  /// What a provider said of an exchange that ended well.
  package mutating func learn(_ facts: RequestFacts, input: Int64, output: Int64) {
    let tokens = input - Int64(facts.wideScalars) * Self.tokensPerWideScalar
    if facts.images == 0, Self.narrowBytes(facts) >= 64, tokens > 0 {
      let seen = min(max((Self.narrowBytes(facts) << 10) / tokens, 1 << 8), 16 << 10)
      bytesPerToken += (seen - bytesPerToken) / 32
    }
    if facts.surface.asksForText, output > 0 { outputs.add(output / Int64(max(1, facts.choices))) }
  }
}

/// The 95th percentile of what was added, older values counting less: a histogram with steps of a fifth.
struct OutputQuantile: Sendable {
  private var counts = [UInt32](repeating: 0, count: 80)
  private var total: UInt32 = 0
  private(set) var p95: Int64 = 1_024

  /// Upper ends of the steps, each about 1.2 × the one before.
  private static let bounds: [Int64] = {
    var bounds: [Int64] = [1]
    while bounds.count < 80 {
      bounds.append(max(bounds[bounds.count - 1] + 1, bounds[bounds.count - 1] * 6 / 5))
    }
    return bounds
  }()
  /// Values before any is believed, and after which all are halved.
  private static let least: UInt32 = 20
  private static let most: UInt32 = 2_000

  mutating func add(_ value: Int64) {
    let step = Self.bounds.firstIndex { value <= $0 } ?? Self.bounds.count - 1
    counts[step] += 1
    total += 1
    if total >= Self.most { halve() }
    if total >= Self.least, total % 8 == 0 { p95 = quantile() }
  }

  private mutating func halve() {
    for index in counts.indices { counts[index] /= 2 }
    total = counts.reduce(0, +)
  }

  private func quantile() -> Int64 {
    let wanted = (UInt64(total) * 95 + 99) / 100
    var seen: UInt64 = 0
    for (index, count) in counts.enumerated() {
      seen += UInt64(count)
      if seen >= wanted { return Self.bounds[index] }
    }
    return Self.bounds[Self.bounds.count - 1]
  }
}
