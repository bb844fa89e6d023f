/// How much of the evidence is staked on harm beginning when: a half at the start, a quarter in equal parts during the first two hours of
/// seconds, and of the last quarter less and less for ever. All stakes together are 1.
///
/// A prior over change points, as in Shin, Ramdas, Rinaldo, *E-detectors* (2022), with a sum of 1 and not of the number of ticks: that
/// keeps P(ever a false alarm) bounded.
enum Stakes {
  /// Ticks between two stakes.
  static let interval = 10
  static let first = 0.5
  private static let even = 720
  private static let half = 0.25

  /// The `index`-th stake after the first; the first of them is 1.
  static func stake(_ index: Int) -> Double {
    guard index > even else { return half / Double(even) }
    // 1/(i(i − 1)) = 1/(i − 1) − 1/i: from `even` + 1 on, the sum is 1/`even`.
    return half * Double(even) / (Double(index) * Double(index - 1))
  }

  /// What is left after `index` stakes.
  static func kept(_ index: Int) -> Double {
    guard index > even else { return half + half * (1 - Double(index) / Double(even)) }
    return half * Double(even) / Double(index)
  }
}
