import Policy

/// What may be wrong with a judgement of an answer.
extension ExchangeError {
  static func invalidFeedback(_ member: String?, _ reason: String) -> ExchangeError {
    let what = member.map { "'\($0.prefix(40))' " } ?? ""
    return invalid(
      "This is no feedback: \(what)\(reason).", code: "invalid_feedback",
      param: member.map { String($0.prefix(40)) })
  }

  static func unknownOutcome(_ name: String, _ plan: ExperimentPlan) -> ExchangeError {
    let known = plan.outcomes.isEmpty ? "none" : plan.outcomes.joined(separator: ", ")
    return invalidFeedback(
      "outcome", "names '\(name.prefix(40))', and the experiment '\(plan.name)' has \(known)")
  }

  static let feedbackTooLarge = invalid(
    "Feedback has at most \(Feedback.mostBytes) bytes. Send no more than the id and what you make of the answer.",
    code: "request_too_large", status: 413)

  /// One that another key was given is not told apart from one that nobody was.
  static let feedbackUnknown = invalid(
    "No answer that your key was given has this id. Send what the answer's header x-switchyard-feedback said: only answers of models"
      + " that are being tried or balanced by what is learned, to sessions that routing rules ask about, and to requests that are looked"
      + " at again, have one.",
    code: "feedback_unknown", param: "id", status: 404)

  static let feedbackLate = invalid(
    "The answer is older than 24 hours. Feedback is taken until then.", code: "feedback_too_late",
    param: "id",
    status: 410)

  static let feedbackRepeated = invalid(
    "There is feedback on this answer already. Each answer is judged once.", code: "feedback_repeated",
    param: "id", status: 409)

  /// For the metric.
  var feedbackResult: String {
    switch code {
    case Self.feedbackUnknown.code: "unknown"
    case Self.feedbackLate.code: "late"
    case Self.feedbackRepeated.code: "repeated"
    case Self.stateUnavailable.code: "unavailable"
    default: "invalid"
    }
  }
}
