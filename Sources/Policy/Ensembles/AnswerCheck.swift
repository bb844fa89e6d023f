/// What tells an answer that will do from one that another model should be asked for.
package struct AnswerCheck: Sendable, Equatable {
  /// Why an answer won't do. The raw values are labels of metrics.
  package enum Objection: String, Sendable, CaseIterable {
    /// It says nothing.
    case empty
    /// The model would not answer.
    case refusal
    /// It isn't of the shape that its client wants.
    case schema
    /// The model was less sure of its words than is asked for.
    case confidence
    /// A model that was asked says so.
    case judge
  }

  /// What is known of an answer.
  package struct Subject: Sendable, Equatable {
    package var text: String
    /// The provider says that the model won't answer.
    package var isRefusal: Bool
    /// It asks for a tool: what it says beside is no answer yet.
    package var callsTools: Bool
    /// The mean of its tokens' log-probabilities, to the base e; nil where the provider doesn't say.
    package var meanLogProbability: Double?

    package init(
      text: String, isRefusal: Bool = false, callsTools: Bool = false, meanLogProbability: Double? = nil
    ) {
      (self.text, self.isRefusal, self.callsTools) = (text, isRefusal, callsTools)
      self.meanLogProbability = meanLogProbability
    }
  }

  /// Whether JSON that a client asks for has to have its shape.
  package var schema = true
  package var refusal = true
  /// Of the geometric mean of its tokens' probabilities, at least: in hundredths of a percent. Nil: nobody asks.
  package var leastConfidence: Int?

  package init() {}

  /// The first of them; nil where it will do. `format`: what its client wants the text to be; nil for plain text.
  ///
  /// What can't be known of an answer is no objection.
  package func objection(to answer: Subject, format: AnswerFormat?) -> Objection? {
    if refusal, answer.isRefusal { return .refusal }
    guard !answer.callsTools else { return nil }
    if answer.text.allSatisfy(\.isWhitespace) { return .empty }
    if refusal, RefusalWords.begin(answer.text) { return .refusal }
    if schema, let format, !format.accepts(answer.text) { return .schema }
    guard let leastConfidence, let mean = answer.meanLogProbability else { return nil }
    return mean < Elementary.log(Double(leastConfidence) / 10_000) ? .confidence : nil
  }
}
