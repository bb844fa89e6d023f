package import Policy

extension Settings {
  /// Several models that are asked for one answer.
  package struct Ensemble: Sendable, Equatable {
    package enum Kind: String, Sendable, CaseIterable {
      /// One after the other, until an answer will do.
      case cascade
      /// All at once: what most of them say.
      case vote
      /// All at once: the answer that a judge likes best.
      case bestOf = "best_of"
    }

    /// What an answer of a cascade has to pass.
    package struct Verification: Sendable, Equatable {
      package var checks = AnswerCheck()
      /// The model that is asked whether an answer will do.
      package var judge: String?

      package init() {}
    }

    package var name = ""
    // Names of models: one of these three; a model may be listed more than once.
    package var cascade: [String]?
    package var vote: [String]?
    package var bestOf: [String]?
    /// Of a cascade; nil: the checks that need no judge.
    package var verify: Verification?
    /// Of `best_of`: the model that says which of two answers is better.
    package var judge: String?
    /// How many answers, of a vote how many equal ones, end it; nil: more than half of a vote, and all of `best_of`.
    package var quorum: Int?
    /// After which the best that has come is taken; nil: the request's own deadline alone.
    package var deadline: Duration?

    package init() {}

    package var kind: Kind { vote != nil ? .vote : bestOf != nil ? .bestOf : .cascade }
    /// In the order in which they are preferred.
    package var models: [String] { vote ?? bestOf ?? cascade ?? [] }
  }
}
