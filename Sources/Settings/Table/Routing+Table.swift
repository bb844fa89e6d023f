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
        Field("complexity", \.complexity, .complexity, "How hard a request is."),
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
}
