extension Form where Value == Settings.Routing {
  static var routing: Form {
    .record(
      Settings.Routing(),
      [
        Field("default_model", \.defaultModel, .name(of: .model), "The model of a request that names none."),
        .unkept(
          "rules", .list(.rule), "The first whose condition holds chooses.", .unbuilt("routing rules are")),
        Field("fallbacks", \.fallbacks, .modelNames, "The fallbacks of models that have none of their own."),
        Field("experiments", \.experiments, .experiments, "Models or versions compared, by name.")
          .omittedWhenEmpty,
        Field(
          "data_classes", \.dataClasses, .dataClasses,
          "What requests may hold that not every deployment may see, by name."
        ).omittedWhenEmpty,
        .unkept("complexity", .complexity, "How hard a request is.", .unbuilt("complexity is")),
      ])
  }
}

extension Form where Value == Unkept {
  fileprivate static var rule: Form {
    .record(
      Unkept(),
      [
        .unkept("condition", .condition, required: true, "When the rule holds."),
        .unkept("model", .name(of: .model), "The model then."),
        .unkept("deployments", .deploymentFilter, "Which deployments may serve then."),
      ],
      finish: { _, reader in
        if reader.isWritten("model") == reader.isWritten("deployments") {
          reader.fail("a rule chooses either 'model' or 'deployments': write exactly one")
        }
      })
  }

  private static var deploymentFilter: Form {
    .record(
      Unkept(),
      [
        .unkept("data", .oneOrMany(.label), "Classes of data that they may see."),
        .unkept("regions", .labels, "Where they run."),
      ])
  }

  private static var complexity: Form {
    .record(
      Unkept(),
      [
        .unkept("method", .words(["heuristic", "learned"]), "How it is estimated."),
        .unkept("thresholds", .list(.ratio(0...1)), "Where medium and high begin."),
      ])
  }
}
