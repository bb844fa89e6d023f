internal import Policy

extension Form where Value == RolloutOrder {
  /// The body of `POST /api/rollouts/MODEL/start` and its like.
  static var rolloutOrder: Form {
    .record(
      RolloutOrder(),
      [
        Field(
          "version", \.version, .int(BundleRule.versions), "The version; the one that is tried by default."),
        Field("by", \.by, .text, "Who wants it."),
        Field("expect", \.expected, .int(0...999_999_999_999_999), "The revision that was seen."),
        Field("reason", \.reason, .text, "Why."),
        Field("force", \.isForced, .flag, "Several changes at once; a promotion right to ACTIVE."),
        Field("shadow", \.shadows, .flag, "Whether a start begins with copies of requests."),
      ])
  }
}
