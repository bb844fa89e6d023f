extension Form where Value == KeyOrder {
  /// The body of `POST /keys`.
  static var keyOrder: Form {
    .record(
      KeyOrder(tenant: ""),
      [
        Field("tenant", \.tenant, .label, required: true, "Whose key it is."),
        Field("team", \.team, .label, "The team that holds it."),
        Field("user", \.user, .label, "Whom limits by user take it for."),
        Field("tier", \.tier, .label, "What routing rules call user_tier; the tenant's by default."),
        Field("models", \.models, .list(.modelGlob), "Models that it may ask for; all where empty."),
        Field("data_class", \.dataClass, .label, "Class of the data that it sends, of routing.data_classes."),
        Field(
          "limits", \.limits, .list(.words("a limit, such as '600 requests per minute'")),
          "What the key may use."),
        Field(
          "expires_in", \.lifetime, .duration(.seconds(1)...Duration.seconds(3_650 * 86_400)),
          "How long it is good for; for ever by default."),
      ])
  }
}

extension Form where Value == KeyRotation {
  /// The body of `POST /keys/ID/rotate`.
  static var keyRotation: Form {
    .record(
      KeyRotation(),
      [
        Field(
          "grace", \.grace, .duration(.seconds(1)...Duration.seconds(30 * 86_400)),
          "How long the former secret stays good.")
      ])
  }
}

extension Form where Value == String {
  fileprivate static func words(_ wanted: String) -> Form {
    .scalar(wanted, schema: ["type": "string"], parse: { text throws(Refusal) in text }, write: { $0 })
  }
}
