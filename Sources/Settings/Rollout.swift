extension Settings {
  /// How a new version of a model takes over from the one before. Shares are in hundredths of a percent, ratios in millionths.
  package struct Rollout: Sendable, Equatable {
    /// Shares of the sessions that the new version gets, one after the other.
    package var steps = [100, 200, 500, 1_000, 2_500]
    /// Requests that the new version must have served in a step.
    package var minRequests = 300
    /// How long a step lasts at least.
    package var minTime: Duration = .seconds(300)
    /// How long a step of a tenth of the traffic and more lasts at least: the traffic of an hour is of all kinds.
    package var trafficHour: Duration = .seconds(3_600)
    /// A step that has shown nothing by then is held for somebody to decide.
    package var maxTime: Duration = .seconds(7_200)
    /// How long the last step goes on once it has passed.
    package var bakeTime: Duration = .seconds(600)
    /// A step has passed once these shares are shown to be below so many times the baseline's: of errors, of slow answers, of dear
    /// ones.
    package var errorRatio = 1_500_000
    package var latencyRatio = 1_250_000
    package var costRatio = 1_250_000
    /// How long a replica leads without renewal.
    package var lease: Duration = .seconds(5)
    package var shadow = Shadow()
    /// How long a deprecated version can still be asked for.
    package var sunset: Duration = .seconds(30 * 86_400)
    package var gate: Gate?

    package init() {}
  }

  /// What a new version has to pass before it is tried, and before it serves.
  package struct Gate: Sendable, Equatable {
    /// Without one, any suite will do.
    package var suite: Suite?
    /// Where it isn't, the suite is only what `bundles evaluate` runs by itself.
    package var isRequired = false

    package init(suite: Suite? = nil, isRequired: Bool = false) {
      (self.suite, self.isRequired) = (suite, isRequired)
    }
  }

  /// Cases of an evaluation, and the file that they came from.
  package struct Suite: Sendable, Equatable {
    package var path: String
    package var text: String

    package init(path: String, text: String) { (self.path, self.text) = (path, text) }
  }

  /// Requests that a new version gets a copy of, before anybody gets its answers.
  package struct Shadow: Sendable, Equatable {
    /// Share of the sessions; 0: none, and versions go on without.
    package var sample = 0
    /// Micro-dollars a day.
    package var budget: Int?
    /// Copies under way at a time, of each replica.
    package var maxConcurrent = 8
    /// How long a copy may take; it is given up then.
    package var timeout: Duration = .seconds(60)
    /// Whether requests with tools are copied: what a model has tools do may happen twice.
    package var tools = false
    /// Who compares the answers; nil: nobody says how good they are.
    package var judge: Judge?

    package init(sample: Int = 0, budget: Int? = nil) { (self.sample, self.budget) = (sample, budget) }
  }

  /// A model that is asked which answer is better: a copy's, or that of its exchange.
  package struct Judge: Sendable, Equatable {
    package var model: String
    /// Share of the copies that it is asked about.
    package var sample = 10_000

    package init(model: String, sample: Int = 10_000) { (self.model, self.sample) = (model, sample) }
  }
}
