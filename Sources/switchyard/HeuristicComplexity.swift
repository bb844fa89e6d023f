/// What `train` compares classifiers with.
///
/// A stand-in for the score that routing has without a classifier, to be replaced by it: how long the prompt is, and how many of some words
/// that ask for reasoning stand in it, English alone.
///
/// - Returns: 0 to 1.
func heuristicComplexity(of prompt: String) -> Double {
  let asking: Set<Substring> = [
    "prove", "derive", "design", "analyse", "analyze", "compare", "evaluate", "why", "optimise", "optimize",
    "justify", "architect", "diagnose", "critically", "rigorous", "trade", "risks", "strategy",
  ]
  let words = prompt.lowercased().split { !$0.isLetter }
  let length = min(1, Double(words.count) / 200)
  let reasoning = min(1, Double(words.count { asking.contains($0) }) / 3)
  return 0.4 * length + 0.6 * reasoning
}
