extension Form where Value == [Settings.Experiment] {
  static var experiments: Form { .named(\.name, .experiment) }
}

extension Form where Value == Settings.Experiment {
  fileprivate static var experiment: Form {
    .record(
      Settings.Experiment(),
      [
        Field("model", \.model, .name(of: .model), "Whose requests take part; the first arm's by default."),
        Field("control", \.control, .name(of: .model), "The model that serves so far."),
        Field("treatment", \.treatment, .name(of: .model), "The model that is tried."),
        Field("percentage", \.share, .share(1...9_999), "Share of the sessions that it serves."),
        Field("arms", \.arms, .list(.arm), "In the place of those three: what is compared, with the first.")
          .omittedWhenEmpty,
        Field(
          "layer", \.layer, .label,
          "Experiments of one layer share its sessions out; those of different layers know nothing of each other."
        ),
        Field(
          "goal", \.goal, .label,
          "What the verdict is about: error, latency, cost, score, or one of its outcomes."),
        Field("outcomes", \.outcomes, .labels, "What clients tell of sessions, by name.").omittedWhenEmpty,
        Field(
          "min_sessions", \.minSessions, .int(1...1_000_000),
          "Sessions of each arm before there is a verdict."),
      ],
      finish: ExperimentChecks.experiment)
  }
}

extension Form where Value == Settings.Experiment.Arm {
  fileprivate static var arm: Form {
    .record(
      Settings.Experiment.Arm(model: "", share: 0),
      [
        Field("name", \.name, .label, "What it is called; its model or version by default."),
        Field("model", \.model, .name(of: .model), required: true, "The model that serves it."),
        Field("version", \.version, .int(1...1_000_000_000), "A version of the model."),
        Field("percentage", \.share, .share(1...9_999), required: true, "Share of the layer's sessions."),
      ])
  }
}

/// What takes more than one key of `routing.experiments` to see.
enum ExperimentChecks {
  private static let measured = ["error", "latency", "cost", "score"]
  private static let mostOutcomes = 16

  static func experiment(_ experiment: inout Settings.Experiment, _ reader: inout Reader) {
    checkForm(&reader)
    checkArms(experiment, &reader)
    if experiment.outcomes.count > mostOutcomes {
      reader.fail("are more than \(mostOutcomes)", under: ["outcomes"])
    }
    for (index, outcome) in experiment.outcomes.enumerated() where measured.contains(outcome) {
      reader.fail("is measured anyway: give it another name", under: ["outcomes", "[\(index)]"])
    }
    let goals = measured + experiment.outcomes
    if !goals.contains(experiment.goal), !reader.hasErrors(at: ["outcomes"]) {
      reader.fail("is none of \(goals.joined(separator: ", ")): name one of them", under: ["goal"])
    }
  }

  private static func checkForm(_ reader: inout Reader) {
    let pair = ["control", "treatment", "percentage"]
    let written = pair.filter { reader.isWritten($0) }
    if reader.isWritten("arms") {
      if let more = written.first { reader.fail("is written beside 'arms': remove it", under: [more]) }
    } else if written.count < pair.count {
      let missing = pair.filter { !written.contains($0) }.joined(separator: ", ")
      reader.fail("lacks \(missing): write control, treatment and percentage, or arms")
    }
  }

  private static func checkArms(_ experiment: Settings.Experiment, _ reader: inout Reader) {
    guard reader.isWritten("arms"), !reader.hasErrors(at: ["arms"]) else { return }
    let arms = experiment.arms
    if !(2...20).contains(arms.count) {
      reader.fail("are \(arms.count): compare 2 to 20", under: ["arms"])
    }
    var labels: Set<String> = []
    for (index, arm) in arms.enumerated() where !labels.insert(arm.label).inserted {
      reader.fail("'\(arm.label)' is there already: give it a name", under: ["arms", "[\(index)]"])
    }
    if arms.reduce(0, { $0 + $1.share }) > 10_000 {
      reader.fail("have more than 100% together", under: ["arms"])
    }
  }

  /// What takes all of them to see: layers that are full, and models that two of them ask for.
  static func all(_ settings: Settings, _ reader: inout Reader) {
    guard !reader.hasErrors(at: ["routing", "experiments"]) else { return }
    var taken: [String: Int] = [:]
    var layers: [String: (layer: String, name: String)] = [:]
    for experiment in settings.routing.experiments {
      let layer = experiment.layer ?? experiment.name
      taken[layer, default: 0] += experiment.allArms.reduce(0) { $0 + $1.share }
      let place = ["routing", "experiments", experiment.name]
      if taken[layer, default: 0] > 10_000 {
        reader.fail(
          "layer '\(layer)' has no room for it: all its experiments together have more than 100%",
          under: place)
      }
      if let other = layers[experiment.asked], other.layer != layer {
        reader.fail(
          "requests for '\(experiment.asked)' are in experiment '\(other.name)' already: give both one layer",
          under: place)
      }
      layers[experiment.asked] = layers[experiment.asked] ?? (layer: layer, name: experiment.name)
    }
  }
}
