import Coordination
import Policy

/// Limits in words.
enum ExplainedLimit {
  static func spent(_ refusal: Refusal) -> String {
    if refusal.isClosed { return "closed while the shared state is away: \(refusal.limit.name)" }
    let wait =
      refusal.wait.map { "again in \(LimitHeaders.duration($0))" } ?? "the request is larger than the limit"
    return
      "limit spent, \(amount(refusal.left, refusal.limit)) of \(amount(refusal.limit.capacity, refusal.limit)) "
      + "\(refusal.limit.name) left; \(wait)"
  }

  static func amount(_ amount: Int64, _ limit: Limit) -> String {
    limit.measure == .dollars ? ExplainedNumbers.dollars(amount) : String(amount)
  }
}

/// Numbers for people.
enum ExplainedNumbers {
  static func percent(_ part: Double) -> String {
    let percent = part * 100
    return percent > 0 && percent < 1 ? "under 1 %" : "\(Int(percent.rounded())) %"
  }

  static func short(_ value: Double) -> String {
    let rounded = (value * 1_000).rounded() / 1_000
    return rounded == rounded.rounded() && abs(rounded) < 1e9 ? "\(Int(rounded))" : "\(rounded)"
  }

  static func dollars(_ micro: Int64) -> String {
    var fraction = String(1_000_000 + micro.magnitude % 1_000_000).dropFirst()
    while fraction.count > 2, fraction.hasSuffix("0") { fraction = fraction.dropLast() }
    return "\(micro < 0 ? "-" : "")$\(micro.magnitude / 1_000_000).\(fraction)"
  }
}
