extension Form where Value == Settings.Rollout {
  static var rollout: Form {
    .record(
      Settings.Rollout(),
      [
        Field(
          "steps", \.steps, .list(.share(1...10_000), nonEmpty: true),
          "Shares of the sessions that a new version gets, one after the other."),
        Field("min_requests", \.minRequests, .int(1...1_000_000_000), "Requests that a step takes at least."),
        Field("min_time", \.minTime, .duration(.milliseconds(1)...week), "Shortest time of a step."),
        Field(
          "traffic_hour", \.trafficHour, .duration(.milliseconds(1)...week),
          "Shortest time of a step of 10% and more."),
        Field(
          "max_time", \.maxTime, .duration(.milliseconds(1)...month),
          "Longest time of a step; what has shown nothing by then is held."),
        Field(
          "bake_time", \.bakeTime, .duration(.zero...month),
          "How long the last step goes on once it has passed."),
        Field(
          "error_ratio", \.errorRatio, ratio,
          "A step has passed once its errors are shown to be below so many times the baseline's."),
        Field("latency_ratio", \.latencyRatio, ratio, "The same of slow answers."),
        Field("cost_ratio", \.costRatio, ratio, "The same of dear answers."),
        Field(
          "lease", \.lease, .duration(.milliseconds(100)...(.seconds(60))),
          "How long a replica leads without renewal."),
        Field(
          "shadow", \.shadow, .shadow, "Which requests a new version gets a copy of before it serves any."),
        Field(
          "sunset", \.sunset, .duration(.milliseconds(1)...(.seconds(3_650 * 86_400))),
          "How long a deprecated version can still be asked for."),
        Field(
          "gate", \.gate, .gate,
          "What a new version has to pass before it is tried, and before it serves."),
      ],
      finish: RolloutChecks.rollout)
  }

  /// As `RateHypothesis` takes them.
  private static var ratio: Form<Int> { .ratio(1...32) }
  private static var week: Duration { .seconds(7 * 86_400) }
  private static var month: Duration { .seconds(31 * 86_400) }
}

extension Form where Value == Settings.Shadow {
  /// A share, or a mapping.
  fileprivate static var shadow: Form {
    Form<Int>.share(0...10_000).mapped({ Settings.Shadow(sample: $0) }, { $0.sample })
      .or(
        .record(
          Settings.Shadow(),
          [
            Field("sample", \.sample, .share(0...10_000), "Share of the sessions."),
            Field("budget", \.budget, .dollars, "Dollars a day that copies may cost, of each model."),
            Field(
              "max_concurrent", \.maxConcurrent, .int(1...1_000),
              "Copies under way at a time, of each replica."),
            Field(
              "timeout", \.timeout, .duration(.milliseconds(10)...(.seconds(3_600))),
              "How long a copy may take."),
            Field("tools", \.tools, .flag, "Whether requests with tools are copied."),
            Field(
              "judge", \.judge, .judge, "Who compares answers of copies with those of their exchanges."),
          ]))
  }
}

extension Form where Value == Settings.Judge {
  fileprivate static var judge: Form {
    .record(
      Settings.Judge(model: ""),
      [
        Field(
          "model", \.model, .name(of: .model), required: true,
          "The model that is asked which of two answers is better."),
        Field("sample", \.sample, .share(1...10_000), "Share of the copies that it is asked about."),
      ])
  }
}

/// What takes more than one key of `rollout` to see.
enum RolloutChecks {
  /// Of hundredths of a percent: from then on a step lasts the traffic's hour.
  private static let wide = 1_000

  static func rollout(_ rollout: inout Settings.Rollout, _ reader: inout Reader) {
    checkSteps(rollout.steps, &reader)
    if rollout.maxTime < rollout.minTime {
      let key = reader.isWritten("max_time") ? "max_time" : "min_time"
      let other =
        key == "max_time"
        ? "is less than min_time" : "is more than max_time, which is 2 hours where it is absent"
      reader.fail("\(other): no step could pass", under: [key])
    } else if rollout.maxTime < rollout.trafficHour, rollout.steps.contains(where: { $0 >= wide }) {
      let key = reader.isWritten("max_time") ? "max_time" : "traffic_hour"
      let other =
        key == "max_time"
        ? "is less than traffic_hour, which is 1 hour where it is absent"
        : "is more than max_time, which is 2 hours where it is absent"
      reader.fail("\(other): no step of 10% and more could pass", under: [key])
    }
    if rollout.shadow.sample > 0, rollout.shadow.budget == nil, !reader.hasErrors(at: ["shadow", "budget"]) {
      reader.fail("costs money: write { sample, budget }, the budget in dollars a day", under: ["shadow"])
    }
  }

  /// What takes the models to see: a model's own versions are judged by another one.
  static func judge(_ settings: Settings, _ reader: inout Reader) {
    guard let judge = settings.rollout.shadow.judge, settings.models.map(\.name) == [judge.model],
      !reader.hasErrors(under: "models")
    else { return }
    reader.fail(
      "is the only model there is, and no model judges its own versions: name another one",
      under: ["rollout", "shadow", "judge", "model"])
  }

  private static func checkSteps(_ steps: [Int], _ reader: inout Reader) {
    // A step that could not be read is missing among them.
    guard !reader.hasErrors(at: ["steps"]) else { return }
    for index in steps.indices.dropFirst() where steps[index] <= steps[index - 1] {
      reader.fail("is not more than the step before it", under: ["steps", "[\(index)]"])
    }
    if steps.last == 10_000 {
      reader.fail(
        "leaves nothing to compare with: end below 100%, the version takes all once the last step has passed",
        under: ["steps", "[\(steps.count - 1)]"])
    }
  }
}
