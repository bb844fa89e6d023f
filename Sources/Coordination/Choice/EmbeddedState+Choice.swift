package import Policy

/// Learned choices in memory, by the script's twin: for a replica alone. They are gone with the process.
extension EmbeddedState: ChoiceRegister {
  package func tell(_ note: ChoiceNote, _ completion: @escaping StateCompletion<ChoiceNote.Reply>) {
    let now = now
    completion(.success(store.withChoices { $0.tell(note, now: now) }))
  }

  package func readChoices(
    of model: ControlModel, _ completion: @escaping StateCompletion<[String: String]>
  ) {
    let now = now
    completion(.success(store.withChoices { $0.fields(of: model, now: now) }))
  }

  static let choiceNames = ChoiceNames(prefix: "sy")
}
