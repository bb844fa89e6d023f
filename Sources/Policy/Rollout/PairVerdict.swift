/// What a judge makes of a candidate's answer, beside the baseline's to the same request.
package enum PairVerdict: String, Sendable, CaseIterable {
  case better, worse, same

  /// As grades: whichever is worse has a low one. Both sides are graded at once, so that a candidate that is as good has low grades as often
  /// as the baseline does, whatever kind of answers the judge likes.
  package var grades: (candidate: Feedback.Grade, baseline: Feedback.Grade) {
    switch self {
    case .better: (.up, .down)
    case .worse: (.down, .up)
    case .same: (.up, .up)
    }
  }
}
