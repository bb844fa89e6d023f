/// How judges are asked: with material that stands behind lines which nobody could know who wrote it.
enum JudgeRequest {
  /// A chat request for a short reply. `system` says what is to be done, `material` is what it is done with.
  static func body(model: String, system: String, material: String) -> PaddedBytes {
    let body = PaddedBytes(capacity: JudgeQuestion.mostBytes)
    body.append(#"{"model":"#)
    body.appendJSON(model)
    body.append(#","temperature":0,"max_tokens":64,"messages":[{"role":"system","content":"#)
    body.appendJSON(system)
    body.append(#"},{"role":"user","content":"#)
    body.appendJSON(material)
    body.append("}]}")
    return body
  }

  /// The conversation's messages, then each answer by its name.
  static func material(
    _ turns: [ConversationTurn], _ answers: [(name: String, text: String)], boundary: String
  ) -> String {
    var text = ""
    for turn in turns { text += "\(boundary) message of \(turn.role)\n\(turn.text)\n" }
    for answer in answers { text += "\(boundary) \(answer.name)\n\(answer.text)\n" }
    return text + "\(boundary) end\n"
  }

  /// Whether all of it may be shown to a judge.
  static func fits(_ turns: [ConversationTurn], _ answers: String...) -> Bool {
    let size =
      turns.reduce(0) { $0 + $1.text.utf8.count } + answers.reduce(0) { $0 + $1.utf8.count }
    return size <= JudgeQuestion.mostBytes
  }
}
