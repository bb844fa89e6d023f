package import Policy

/// Learned choices in Redis, by their script.
extension RedisState: ChoiceRegister {
  package func tell(_ note: ChoiceNote, _ completion: @escaping StateCompletion<ChoiceNote.Reply>) {
    run(scripts.choices.tell, ScriptCall(note, choiceNames), ChoiceReplies.note, completion)
  }

  package func readChoices(
    of model: ControlModel, _ completion: @escaping StateCompletion<[String: String]>
  ) {
    let key = choiceNames.sums(model)
    ask(["HGETALL", key], key: key) { result in
      completion(result.flatMap { $0.fields.map(Result.success) ?? .failure(.malformed) })
    }
  }
}
