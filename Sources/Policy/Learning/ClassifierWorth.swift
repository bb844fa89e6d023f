/// How often a classifier was right about prompts whose families it had not seen, and how often the heuristic was about the same ones.
package struct ClassifierWorth: Sendable, Equatable {
  /// Both from 0 to 1.
  package var accuracy: Double
  package var heuristic: Double

  /// Of a classifier that was never tried.
  package static let unknown = ClassifierWorth(accuracy: 0, heuristic: 0)

  package init(accuracy: Double, heuristic: Double) {
    (self.accuracy, self.heuristic) = (accuracy, heuristic)
  }

  /// A classifier that is right no more often is left off.
  package var isAboveHeuristic: Bool { accuracy > heuristic }

  /// The end of a sentence that begins with the classifier.
  package var text: String {
    "was right about \(Self.percent(accuracy)) of prompts that it had not seen, the heuristic about \(Self.percent(heuristic))"
  }

  private static func percent(_ share: Double) -> String {
    let tenths = Int((share * 1_000).rounded())
    return "\(tenths / 10).\(tenths % 10) %"
  }
}
