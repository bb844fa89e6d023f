extension Settings {
  /// Models, or versions of them, that are compared by sessions.
  package struct Experiment: Sendable, Equatable {
    package var name = ""
    /// Whose requests take part; nil: those of the first arm's model.
    package var model: String?
    // Either two models and the share of the second…
    package var control: String?
    package var treatment: String?
    /// In hundredths of a percent.
    package var share: Int?
    // … or any number of arms.
    package var arms: [Arm] = []
    /// Experiments of one layer share its sessions out; those of different layers know nothing of each other. Nil: one of its own.
    package var layer: String?
    /// What the verdict is about: error, latency, cost, score or an outcome.
    package var goal = "error"
    /// What clients tell of sessions.
    package var outcomes: [String] = []
    /// Of each arm, before there is a verdict.
    package var minSessions = 10_000

    package struct Arm: Sendable, Equatable {
      package var name: String?
      package var model: String
      package var version: Int?
      /// In hundredths of a percent.
      package var share: Int

      package init(name: String? = nil, model: String, version: Int? = nil, share: Int) {
        (self.name, self.model, self.version, self.share) = (name, model, version, share)
      }
    }

    package init() {}

    /// The first one is what the others are compared with.
    package var allArms: [Arm] {
      guard let control, let treatment, let share else { return arms }
      return [
        Arm(model: control, share: 10_000 - share), Arm(model: treatment, share: share),
      ]
    }

    package var asked: String { model ?? allArms.first?.model ?? "" }
  }
}

extension Settings.Experiment.Arm {
  /// Its name, or else what serves it.
  package var label: String { name ?? model + (version.map { "@\($0)" } ?? "") }
}
