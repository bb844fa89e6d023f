extension RuleMatcher {
  /// The classes of which a request that was taken for another would have come to the same rule, all else being as `facts` say it. What a
  /// class leaves unsaid stays as it was taken. `rule`: the first that held for `facts`, nil where none did; `rules`: where bands of
  /// complexity begin.
  package func classes(
    comingTo rule: Int?, _ facts: RuleFacts, takenFor taken: RequestClass, _ rules: PromptRules
  ) -> ClassSet {
    let place = texts.firstIndex(of: .taskType)
    return ClassSet { other in
      var changed = facts
      if let place, let task = other.task, task != taken.task {
        changed.set(text: place, to: task.rawValue)
      }
      if let band = other.complexity, band != taken.complexity {
        changed[.complexity] = band.middle(rules)
      }
      return first(for: changed) == rule
    }
  }
}

extension ComplexityBand {
  /// A score of the band, in millionths: what somebody means who names the band alone.
  func middle(_ rules: PromptRules) -> Int64 {
    let score =
      switch self {
      case .low: rules.medium / 2
      case .medium: (rules.medium + rules.high) / 2
      case .high: (rules.high + 1) / 2
      }
    return Int64((score * 1_000_000).rounded())
  }
}
