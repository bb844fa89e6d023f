/// What a classifier is worth beside what costs nothing.
package struct ClassifierReport: Sendable, Equatable {
  package struct Row: Sendable, Equatable {
    /// `learned`, `heuristic`, `heuristic, fitted`, `length`, `majority`, `random`.
    package var name: String
    package var figures: ClassifierFigures
  }

  package var learned: Row
  package var baselines: [Row]

  package var worth: ClassifierWorth {
    let heuristic = baselines.first { $0.name == "heuristic" }
    return ClassifierWorth(accuracy: learned.figures.accuracy, heuristic: heuristic?.figures.accuracy ?? 1)
  }

  /// Baselines that are right at least as often: where there is one, the classifier is better left off.
  package var unbeaten: [String] {
    baselines.filter { $0.figures.accuracy >= learned.figures.accuracy }.map(\.name)
  }
}
