// Sections whose features this version has not got: checked in full, kept nowhere.

extension Form where Value == Unkept {
  static var rollout: Form {
    .record(
      Unkept(),
      [
        .unkept("steps", .list(.finePercent, nonEmpty: true), "Shares of traffic, one after the other."),
        .unkept("min_requests", .int(1...1_000_000_000), "Requests needed for a step."),
        .unkept("min_time", .duration(), "Shortest time of a step."),
        .unkept("max_time", .duration(), "Longest time of a step."),
        .unkept("error_ratio", .ratio(1...100), "Errors against the baseline's that roll back."),
        .unkept("latency_ratio", .ratio(1...100), "Latency against the baseline's that rolls back."),
        .unkept("cost_ratio", .ratio(1...100), "Cost against the baseline's that rolls back."),
        .unkept("lease", .duration(), "How long one replica leads without renewal."),
      ])
  }
}

extension Form where Value == Entries<[Unkept]> {
  /// Versions by model.
  static var bundles: Form {
    .entries(.list(.bundle, nonEmpty: true)) { entry, reader in
      let name = Written(written: entry.key, value: entry.key, mark: entry.mark, isReference: false)
      reader.names.refer(.init(kind: .model, written: name, path: reader.path))
    }
  }
}

extension Form where Value == Unkept {
  fileprivate static var bundle: Form {
    .record(
      Unkept(),
      [
        .unkept("version", .int(1...1_000_000_000), required: true, "Its number."),
        .unkept("deployment", .name(of: .deployment), required: true, "The deployment that it runs at."),
        .unkept("prompt", .prompt, "Prompt put before the client's."),
        .unkept("parameters", .dictionary(.literal), "Parameters of the request."),
        .unkept("metadata", .dictionary(.literal), "Anything else about it."),
      ])
  }

  private static var prompt: Form {
    .record(Unkept(), [.unkept("template_file", .fileName, required: true, "File that holds the prompt.")])
  }
}
