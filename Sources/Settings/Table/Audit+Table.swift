internal import Policy

extension Form where Value == Settings.Audit {
  static var audit: Form {
    .record(
      Settings.Audit(),
      [
        Field("sample", \.sample, .finePercent, "Of which share of the requests."),
        Field(
          "per_hour", \.perHour, .int(1...1_000_000),
          "How many of each replica in an hour at most, spread over it."),
        Field(
          "judge", \.judge, .name(of: .model),
          "The model that is asked what a request was; absent, only clients say."),
        Field("examples", \.examples, .examples, "What training may keep of them; absent, nothing."),
      ])
  }
}

extension Form where Value == Settings.Examples {
  fileprivate static var examples: Form {
    .record(
      Settings.Examples(),
      [
        Field("most", \.most, .int(250...100_000), "Prompts that are kept, of all replicas together."),
        Field("keep", \.keep, .duration(.seconds(60)...(.seconds(366 * 86_400))), "For how long each."),
      ])
  }
}

/// What takes more than `routing.audit` to see.
enum AuditChecks {
  static func all(_ settings: Settings, _ reader: inout Reader) {
    guard let audit = settings.routing.audit else { return }
    let asksClass = settings.routing.rules.contains { $0.condition.atoms.contains(where: \.asksClass) }
    if !asksClass, !reader.hasErrors(at: ["routing", "rules"]) {
      reader.fail(
        "looks at what rules take requests for, and no rule asks for complexity or task_type: write one that does, or"
          + " remove it", under: ["routing", "audit"])
    }
    if audit.examples != nil, settings.state.redis == nil, !reader.hasErrors(under: "state") {
      reader.fail(
        "are kept in the Redis that `switchyard train` reads, and there is none: write state.redis, or remove it",
        under: ["routing", "audit", "examples"])
    }
  }
}

extension RuleCondition {
  /// Whether it asks for something that a judge says too.
  fileprivate var asksClass: Bool {
    switch self {
    case .number(.complexity, _), .text(.taskType, _): true
    default: false
    }
  }
}
