/// What a model takes, as far as its name tells: the API refuses what a model doesn't take.
///
/// Claude's versions stand in the names: `claude-3-7-sonnet-20250219`, `claude-opus-4-8`, `anthropic.claude-sonnet-4-5-20250929-v1:0`. One
/// without a version is taken for the newest. Others that are served in this dialect are asked as it was before Claude 4.6.
struct AnthropicModel: Equatable {
  /// How much it is to think is said by an effort, not by a budget: Claude from 4.6 on. From 4.7 on budgets are refused.
  let thinksByEffort: Bool
  /// Temperature and the like can be sent: Claude up to 4.6.
  let samples: Bool
  /// At most one of temperature and `top_p` can be sent.
  let isClaude: Bool
  /// The limit of tokens where the client gives none, as the API wants one.
  let usualLimit: Int

  init(_ name: String) {
    let words = name.lowercased().split { !$0.isLetter && !$0.isNumber }
    guard let start = words.firstIndex(of: "claude") else {
      (isClaude, thinksByEffort, samples, usualLimit) = (false, false, true, 8_192)
      return
    }
    // Dates have more digits.
    let numbers: [Int?] = words[start...].map { $0.utf8.count <= 2 ? Int($0) : nil }
    let first = numbers.firstIndex { $0 != nil }
    let major = first.flatMap { numbers[$0] } ?? .max
    let next = first.map { $0 + 1 }
    let minor = next.flatMap { $0 < numbers.count ? numbers[$0] : nil } ?? 0
    thinksByEffort = (major, minor) >= (4, 6)
    samples = (major, minor) < (4, 7)
    isClaude = true
    usualLimit = major < 4 ? 8_192 : 32_000
  }
}
