// The vocabulary of the configuration. Each section below is a table of its keys: name, place in `Settings`, form,
// whether it is built, and what it means. Reading, unknown keys, printing and the JSON Schema all come from these
// tables; defaults come from the initial values in `Settings`.

extension Form where Value == Settings {
  /// The whole document.
  static var document: Form {
    .record(
      Settings(),
      [
        Field("server", \.server, .server, "The data port, where clients send requests."),
        Field("admin", \.admin, .admin, "The admin port: health, metrics, console."),
        Field("state", \.state, .state, "What replicas share."),
        Field("cache", \.cache, .cache, "Answers that are kept; absent, none are."),
        Field(
          "providers", \.providers, .providers, required: true, "Who serves models: dialect, addresses, keys."
        ),
        Field(
          "deployments", \.deployments, .deployments, required: true,
          "Models as a provider serves them, by name."),
        Field("models", \.models, .models, required: true, "The names that clients ask for."),
        Field("breaker", \.breaker, .breaker, "When an endpoint is left out."),
        Field("queue", \.queue, .queue, "Waiting for an endpoint where all are full."),
        Field("routing", \.routing, .routing, "Which model serves a request."),
        Field("auth", \.auth, .auth, "Who may send requests."),
        Field("tenants", \.tenants, .tenants, "Who sends requests, with their keys."),
        Field(
          "bundles", \.bundles, .bundles, "Versions of models: deployment, prompt and parameters."
        )
        .omittedWhenEmpty,
        Field("rollout", \.rollout, .rollout, "How a new version takes over."),
        Field("telemetry", \.telemetry, .telemetry, "Logs, traces and prices."),
      ],
      finish: Checks.document)
  }
}
