/// A new classifier beside the one in force, by what both had not seen.
package struct FeedbackReport: Sendable, Equatable {
  /// Labelled prompts that it learned from, and those that were held out.
  package var learned: Int
  package var held: Int
  /// `new`, `in force`, `heuristic`, `majority`, all of what was held out.
  package var rows: [ClassifierReport.Row]
  /// Families about more of whose prompts the new one was right, and those about more of whose the one in force was.
  package var gained: Int
  package var lost: Int
  /// It says of itself how good it was.
  package var model: ComplexityModel

  /// What speaks against the new one; where nothing does, it is to be used.
  ///
  /// It beats the one in force where it gained more than it lost, and by more than chance does in one of a hundred cases where both are
  /// equally good (the sign test, one-sided, by the normal distribution with its correction for few): else one that is trained each night
  /// would take over time and again for nothing. Families count and not prompts: those of one are right or wrong together.
  package var flaws: [String] {
    let difference = Double(gained - lost)
    var flaws: [String] = []
    if gained <= lost || difference - 1 < 2.326 * Double(gained + lost).squareRoot() {
      flaws.append(
        "it is not clearly better than the one in force (\(gained) families better, \(lost) worse)")
    }
    let accuracy = rows.first { $0.name == "new" }?.figures.accuracy ?? 0
    for row in rows where ["heuristic", "majority"].contains(row.name) && row.figures.accuracy >= accuracy {
      flaws.append("\(row.name) is right as often")
    }
    return flaws
  }
}
