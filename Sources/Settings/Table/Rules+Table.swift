internal import Policy

extension Form where Value == Settings.Rule {
  static var rule: Form {
    .record(
      Settings.Rule(),
      [
        Field(
          "name", \.name, Form<String>.label.claimed(as: "rule's name") { $0 },
          "What logs and metrics call it; rules[N] by default."),
        Field(
          "condition", \.condition, .condition, required: true, "When the rule holds: {} is always."),
        Field("model", \.model, .name(of: .model), "The model that serves then, if the key may use it."),
        Field(
          "ensemble", \.ensemble, .name(of: .ensemble),
          "The models that are asked for one answer then, in the place of a single one."),
        Field("deployments", \.deployments, .deploymentFilter, "Which deployments may serve then."),
        Field(
          "parameters", \.parameters, .parameters,
          "Members of the request that the router writes then: temperature, max_tokens …"
        )
        .omittedWhenEmpty,
        Field(
          "priority", \.priority, Form<Priority>.choice(),
          "The highest class in which the request waits then."),
        Field(
          "fallbacks", \.fallbacks, Form<[String]>.modelNames,
          "The fallbacks then, in the place of the model's own."),
      ],
      finish: RuleChecks.rule)
  }
}

extension Form where Value == Settings.DeploymentFilter {
  fileprivate static var deploymentFilter: Form {
    .record(
      Settings.DeploymentFilter(),
      [
        Field(
          "capability", \.capabilities, Form<[String]>.oneOrMany(Form<String>.label),
          "What they all can: tools, vision, json …"
        )
        .omittedWhenEmpty,
        Field(
          "regions", \.regions, Form<[String]>.oneOrMany(Form<String>.label),
          "Where they run, and nowhere else."
        ).omittedWhenEmpty,
        Field(
          "data", \.data, Form<[String]>.oneOrMany(Form<String>.label), "Classes of data that they may see."
        ).omittedWhenEmpty,
        Field(
          "max_price", \.maxPrice, .priceCeiling,
          "Dollars per million tokens at most: of either kind, or { input, output }."),
      ],
      finish: { filter, reader in
        guard filter.isEmpty, !reader.hasErrors(at: []) else { return }
        reader.fail("leaves out nothing: write capability, regions, data or max_price, or remove it")
      })
  }
}

extension Form where Value == Settings.PriceCeiling {
  fileprivate static var priceCeiling: Form {
    Form<Int>.price.mapped({ Settings.PriceCeiling(input: $0, output: $0) }, { $0.input })
      .or(
        .record(
          Settings.PriceCeiling(input: 0, output: 0),
          [
            Field("input", \.input, .price, required: true, "Of input tokens."),
            Field("output", \.output, .price, required: true, "Of output tokens."),
          ]))
  }
}
