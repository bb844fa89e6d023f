import Policy

extension RequestFacts {
  /// The client's own word for its task, `x-task-type`, goes before its `metadata`, and both before what is guessed. A word that names no
  /// task is passed over.
  mutating func takeTask(from head: RequestHead) {
    guard prompt != nil, let task = head.string(.xTaskType).flatMap({ TaskKind(name: $0) }) else { return }
    prompt?.task = task
  }
}
