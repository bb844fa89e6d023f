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
        Field("price", \.price, .price, "Dollars per million tokens."),
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

extension Form where Value == Settings.Price {
  fileprivate static var price: Form {
    .record(
      Settings.Price(input: 0, output: 0),
      [
        Field("input", \.input, .price, required: true, "Of input tokens."),
        Field("output", \.output, .price, required: true, "Of output tokens."),
        Field("cached_input", \.cachedInput, .price, "Of input tokens that the provider had cached."),
      ])
  }
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
          "How an endpoint is chosen, of all that its deployments have.",
          .except("learned", "learned balancing is")),
        Field("fallbacks", \.fallbacks, .modelNames, "Models tried in order once this one can't answer."),
        Field("retry", \.retry, .retry, "Further attempts."),
        .unkept(
          "hedge", .hedge, "Second attempts before the first has failed.", .unbuilt("hedged requests are")),
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

extension Form where Value == Unkept {
  fileprivate static var hedge: Form {
    let quantile = Form<Unkept>.quantile
    return .record(
      Unkept(),
      [
        .unkept(
          "after", quantile, required: true, "When: a quantile of the latency such as p95, or a duration."),
        .unkept("budget", .finePercent, "Hedges as a share of requests."),
      ])
  }

  /// `p95` or a duration.
  private static var quantile: Form {
    Form<String>.matching("a quantile or a duration", example: "p95 or 800ms") { text in
      if (try? Measure.duration.parse(text)) != nil { return true }
      return text.hasPrefix("p") && Decimals.parse(text.dropFirst(), scale: 3).map { $0 < 100_000 } ?? false
    }.mapped({ _ in Unkept() }, { _ in "" })
  }
}
