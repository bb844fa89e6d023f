internal import Policy

extension Form where Value == [Settings.Ensemble] {
  static var ensembles: Form {
    .named(\.name, .ensemble) { name, _, reader in reader.names.declare(name, .ensemble) }
  }
}

extension Form where Value == Settings.Ensemble {
  fileprivate static var ensemble: Form {
    .record(
      Settings.Ensemble(),
      [
        Field(
          "cascade", \.cascade, chosen,
          "Models that are asked one after the other, the cheapest first, until an answer will do."),
        Field(
          "vote", \.vote, chosen, "Models that are asked at once, and what most of them say is the answer."),
        Field("best_of", \.bestOf, chosen, "Models that are asked at once, and a judge says who is best."),
        Field("verify", \.verify, .verification, "What an answer of a cascade has to pass."),
        Field("judge", \.judge, .name(of: .model), "The model that compares the answers of best_of."),
        Field(
          "quorum", \.quorum, .int(1...EnsembleChecks.mostModels),
          "How many answers end it before the others have come: equal ones of a vote, any of best_of."),
        Field(
          "deadline", \.deadline, .duration(.milliseconds(10)...(.seconds(3_600))),
          "After which the best that has come is taken."),
      ],
      finish: EnsembleChecks.ensemble)
  }

  /// Not distinct: one model may be asked several times.
  private static var chosen: Form<[String]> { .list(.name(of: .model)) }
}

extension Form where Value == Settings.Ensemble.Verification {
  fileprivate static var verification: Form {
    .record(
      Settings.Ensemble.Verification(),
      [
        Field("schema", \.checks.schema, .flag, "Whether JSON has the shape that the client wants."),
        Field("refusal", \.checks.refusal, .flag, "Whether the model would answer at all."),
        Field(
          "confidence", \.checks.leastConfidence, .share(1...9_999),
          "Least mean probability of an answer's tokens, which providers are asked for then."),
        Field("judge", \.judge, .name(of: .model), "The model that is asked whether an answer will do."),
      ])
  }
}

/// What takes more than one key of `routing.ensembles` to see.
enum EnsembleChecks {
  static let mostModels = 8

  static func ensemble(_ ensemble: inout Settings.Ensemble, _ reader: inout Reader) {
    let written = Settings.Ensemble.Kind.allCases.map(\.rawValue).filter { reader.isWritten($0) }
    guard let kind = written.first else {
      return reader.fail("asks nobody: write cascade, vote or best_of, with the models' names")
    }
    for more in written.dropFirst() {
      reader.fail("is written beside '\(kind)': remove one of them", under: [more])
    }
    let count = ensemble.models.count
    if !(2...mostModels).contains(count), !reader.hasErrors(at: [kind]) {
      reader.fail("asks \(count): name 2 to \(mostModels) models", under: [kind])
    }
    checkKeys(of: ensemble.kind, &reader)
    if let quorum = ensemble.quorum, quorum > count, count > 1 {
      reader.fail("is more than the \(count) that are asked", under: ["quorum"])
    }
  }

  private static func checkKeys(of kind: Settings.Ensemble.Kind, _ reader: inout Reader) {
    if kind != .cascade, reader.isWritten("verify") {
      reader.fail("is for a cascade: remove it", under: ["verify"])
    }
    if kind == .cascade, reader.isWritten("quorum") {
      reader.fail(
        "is for vote and best_of, as a cascade asks one model at a time: remove it", under: ["quorum"])
    }
    switch (kind, reader.isWritten("judge")) {
    case (.bestOf, false): reader.fail("has nobody who compares: write judge, a model's name")
    case (.vote, true): reader.fail("is for best_of, as a vote needs no judge: remove it", under: ["judge"])
    case (.cascade, true):
      reader.fail("is for best_of: write it within verify, where it is to check answers", under: ["judge"])
    case (.bestOf, true), (.vote, false), (.cascade, false): break
    }
  }
}
