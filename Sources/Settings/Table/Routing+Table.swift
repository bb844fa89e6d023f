extension Form where Value == Settings.Routing {
  static var routing: Form {
    .record(
      Settings.Routing(),
      [
        Field("default_model", \.defaultModel, .name(of: .model), "The model of a request that names none."),
        Field(
          "rules", \.rules, Form<[Settings.Rule]>.list(Form<Settings.Rule>.rule),
          "The first whose condition holds decides."
        )
        .omittedWhenEmpty,
        Field(
          "ensembles", \.ensembles, .ensembles, "Several models for one answer, by name, for rules to name."
        ).omittedWhenEmpty,
        Field("fallbacks", \.fallbacks, .modelNames, "The fallbacks of models that have none of their own."),
        Field("experiments", \.experiments, .experiments, "Models or versions compared, by name.")
          .omittedWhenEmpty,
        Field(
          "data_classes", \.dataClasses, .dataClasses,
          "What requests may hold that not every deployment may see, by name."
        ).omittedWhenEmpty,
        Field("complexity", \.complexity, .complexity, "How hard a request is."),
        Field("audit", \.audit, .audit, "Which requests are looked at again, for routing's accuracy."),
      ])
  }
}
