extension Settings {
  /// Which requests are looked at again: whether rules took them for what they are.
  package struct Audit: Sendable, Equatable {
    /// Of 100,000,000.
    package var sample = 1_000_000
    /// Of each replica at most.
    package var perHour = 100
    /// The model that is asked; nil: only clients say, with their feedback.
    package var judge: String?
    /// Nil: nothing is kept for training.
    package var examples: Examples?

    package init() {}
  }

  /// What is kept of prompts for training, once somebody has said how hard they are: never a text.
  package struct Examples: Sendable, Equatable {
    /// Of all replicas together.
    package var most = 2_000
    package var keep: Duration = .seconds(30 * 86_400)

    package init() {}
  }
}
