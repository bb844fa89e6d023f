package import Policy

/// Experiments in memory, by the script's twin: for a replica alone. They are gone with the process.
extension EmbeddedState: ExperimentRegister {
  package func note(_ note: ExperimentNote, _ completion: @escaping StateCompletion<ExperimentNote.Reply>) {
    let now = now
    completion(.success(store.withExperiments { $0.note(note, now: now) }))
  }

  package func readSums(
    of subject: ExperimentSubject, _ completion: @escaping StateCompletion<[String: String]>
  ) {
    let now = now
    completion(.success(store.withExperiments { $0.sums(of: subject, now: now) }))
  }

  static let experimentNames = ExperimentNames(prefix: "sy")
}
