package import Policy

/// Experiments in Redis, by their script.
extension RedisState: ExperimentRegister {
  package func note(_ note: ExperimentNote, _ completion: @escaping StateCompletion<ExperimentNote.Reply>) {
    run(scripts.experiments.note, ScriptCall(note, experimentNames), ExperimentReplies.note, completion)
  }

  package func readSums(
    of subject: ExperimentSubject, _ completion: @escaping StateCompletion<[String: String]>
  ) {
    let key = experimentNames.sums(subject)
    ask(["HGETALL", key], key: key) { result in
      completion(result.flatMap { $0.fields.map(Result.success) ?? .failure(.malformed) })
    }
  }
}
