internal import Policy

extension Form where Value == ChoiceTerms {
  static var learned: Form {
    .record(
      ChoiceTerms(),
      [
        Field(
          "quality", \.quality, .choice(),
          "What says how good an answer is: feedback, or that there is one."),
        Field("cost", \.cost, .fraction, "What the dearest deployment's price takes off an answer's worth."),
        Field("latency", \.latency, .fraction, "What a first byte after twice the slo takes off it."),
        Field("slo", \.slo, .duration(), "How soon the first byte should come."),
        Field(
          "explore", \.explore, .share(100...5_000),
          "Share of requests whose deployment is drawn, all alike: what keeps the others known."),
        Field(
          "min_samples", \.minSamples, .int(100...1_000_000),
          "Answers that have to be known before what is learned may decide."),
        Field(
          "steering", \.steering, .choice(),
          "Whether it may decide: auto, where it is shown to beat each deployment alone, or never."),
      ])
  }
}

extension Checks {
  /// A learned choice needs something to choose among, and each of its choices to be its own.
  static func learned(_ model: inout Settings.Model, _ reader: inout Reader) {
    guard model.balance == .learned else {
      if model.learned != nil, !reader.hasErrors(at: ["balance"]) {
        reader.fail("is for learned balancing: write balance: learned, or remove it", under: ["learned"])
      }
      return
    }
    model.learned = model.learned ?? ChoiceTerms()
    if !(ChoiceTerms.leastArms...ChoiceTerms.mostArms).contains(model.deployments.count),
      !reader.hasErrors(at: ["deployments"])
    {
      let (least, most) = (ChoiceTerms.leastArms, ChoiceTerms.mostArms)
      reader.fail(
        "'learned' chooses among \(least) to \(most) deployments, and there are \(model.deployments.count):"
          + " write as many, or another balance", under: ["balance"])
    }
    if model.affinity != .none, !reader.hasErrors(at: ["affinity"]) {
      reader.fail(
        "keeps requests at one endpoint, and 'learned' chooses for each: write none, or another balance",
        under: ["affinity"])
    }
  }
}

extension Checks {
  /// What prices take off an answer's worth is known of deployments that have one.
  static func learnedPrices(_ settings: Settings, _ reader: inout Reader) {
    for model in settings.models where model.learned.map({ $0.cost > 0 }) == true {
      let names = Set(model.deployments.map(\.name))
      guard
        let unpriced = settings.deployments.first(where: { names.contains($0.name) && $0.prices.isEmpty }),
        !reader.hasErrors(under: "deployments")
      else { continue }
      reader.fail(
        "goes by prices, and deployment '\(unpriced.name)' has none: write deployments.\(unpriced.name).price, or"
          + " learned: { cost: 0 }", under: ["models", model.name, "balance"])
    }
  }
}
