extension Form where Value == [Settings.Deployment] {
  static var deployments: Form {
    .named(\.name, .deployment, nonEmpty: true) { name, _, reader in
      reader.names.declare(name, .deployment)
    }
  }
}

extension Form where Value == Settings.Deployment {
  fileprivate static var deployment: Form {
    .record(
      Settings.Deployment(name: "", provider: "", model: ""),
      [
        Field("provider", \.provider, .name(of: .provider), required: true, "The provider that serves it."),
        Field("model", \.model, .text, required: true, "The provider's own name of the model."),
        Field("context", \.context, .tokens, "Tokens that fit, question and answer together."),
        Field("capabilities", \.capabilities, .labels, "What it can do beyond text: tools, vision, json …"),
        Field(
          "price", \.prices, .prices,
          "Dollars per million tokens: one price, or a list of such with their days."
        ).omittedWhenEmpty,
        Field("regions", \.regions, .labels, "Where it runs."),
        Field("data", \.data, .labels, "Classes of data that it may see."),
        Field("limits", \.limits, .limits(at: .deployment), "What the provider allows, over all tenants.")
          .omittedWhenEmpty,
      ])
  }
}

extension Form where Value == [String] {
  static var labels: Form { .list(.label) { $0 } }
}

extension Form where Value == [Settings.Model] {
  static var models: Form {
    .named(\.name, .model, nonEmpty: true) { name, mark, reader in
      reader.names.declare(name, .model)
      reader.claim(name, as: "model or alias", at: mark)
    }
  }
}

extension Form where Value == Settings.Model {
  fileprivate static var model: Form {
    .record(
      Settings.Model(name: "", deployments: []),
      [
        Field(
          "deployments", \.deployments, .list(.weightedDeployment, nonEmpty: true) { $0.name },
          required: true,
          "Who serves it: names, or { name, weight }."),
        Field(
          "balance", \.balance, .choice(),
          "How an endpoint is chosen, of all that its deployments have."),
        Field("learned", \.learned, .learned, "By what a deployment is chosen, with balance: learned."),
        Field("fallbacks", \.fallbacks, .modelNames, "Models tried in order once this one can't answer."),
        Field("retry", \.retry, .retry, "Further attempts."),
        Field("hedge", \.hedge, .hedge, "A second attempt before the first has failed."),
        Field(
          "affinity", \.affinity, .choice(),
          "What keeps requests at one endpoint while that has room: their session, or how their prompt begins."
        ),
        Field("limits", \.limits, .limits(at: .model), "What all tenants together may ask of it.")
          .omittedWhenEmpty,
        Field(
          "cache", \.cached, .choice(),
          "Which answers are kept: deterministic ones, all whatever the temperature, or none."),
        Field("aliases", \.aliases, .list(.alias), "Other names that clients may ask for it by."),
      ],
      finish: Checks.model)
  }
}

extension Form where Value == Settings.WeightedDeployment {
  fileprivate static var weightedDeployment: Form {
    Form<String>.name(of: .deployment).mapped({ Settings.WeightedDeployment(name: $0) }, { $0.name })
      .or(
        .record(
          Settings.WeightedDeployment(name: ""),
          [
            Field("name", \.name, .name(of: .deployment), required: true, "A deployment."),
            Field("weight", \.weight, .weight, "Share of the traffic."),
          ]))
  }
}

extension Form where Value == Settings.Retry {
  fileprivate static var retry: Form {
    .record(
      Settings.Retry(),
      [
        Field("attempts", \.attempts, .int(1...20), "Attempts in all, fallbacks included."),
        Field("budget", \.budget, .percent, "Retries as a share of requests."),
      ])
  }
}

extension Form where Value == String {
  fileprivate static var alias: Form {
    Form.label.claimed(as: "model or alias") { $0 }
  }
}

extension Form where Value == [String] {
  static var modelNames: Form { .list(.name(of: .model)) { $0 } }
}

extension Form where Value == Settings.Hedge {
  fileprivate static var hedge: Form {
    .record(
      Settings.Hedge(),
      [
        Field(
          "after", \.after, .after, required: true,
          "When: a quantile of the times to the first byte such as p95, or a duration."),
        Field("budget", \.budget, .finePercent, "Hedges as a share of requests."),
      ])
  }
}

extension Form where Value == Settings.Hedge.After {
  /// `p95` or a duration.
  fileprivate static var after: Form {
    .scalar(
      "a quantile or a duration", schema: ["type": "string", "examples": ["p95", "800ms"]],
      parse: { text throws(Refusal) in
        if let time = try? Measure.duration.parse(text), time > 0 { return .time(.milliseconds(time)) }
        guard text.hasPrefix("p"), let quantile = Decimals.parse(text.dropFirst(), scale: 3),
          (50_000..<100_000).contains(quantile)
        else { throw Refusal("is not a quantile from p50 to p99.999 or a duration, such as p95 or 800ms") }
        return .quantile(quantile)
      },
      write: { value in
        switch value {
        case .quantile(let quantile): "p" + Decimals.write(quantile, scale: 3)
        case .time(let time): Measure.duration.write(time.milliseconds)
        }
      })
  }
}
