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
        Field("fallbacks", \.fallbacks, .modelNames, "The fallbacks of models that have none of their own."),
        Field("experiments", \.experiments, .experiments, "Models or versions compared, by name.")
          .omittedWhenEmpty,
        .unkept("complexity", .complexity, "How hard a request is.", .unbuilt("complexity is")),
      ])
  }
}

extension Form where Value == Unkept {
  fileprivate static var complexity: Form {
    .record(
      Unkept(),
      [
        .unkept("method", .words(["heuristic", "learned"]), "How it is estimated."),
        .unkept("thresholds", .list(.ratio(0...1)), "Where medium and high begin."),
      ])
  }
}
