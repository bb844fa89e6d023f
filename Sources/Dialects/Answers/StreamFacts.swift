/// What a scanner learned from the events of a streamed answer.
package struct StreamFacts: Sendable, Equatable {
  /// The last usage that an event carried.
  package var usage: Usage?
  /// The last finish reason, or the status of a response that ended.
  package var finishReason: String?
  /// Choices that gave a finish reason.
  package var finishedChoices = 0
  /// The event that ends a stream came: `[DONE]`, or `response.completed`, `.failed`, `.incomplete`.
  package var isDone = false
  /// The provider sent an error event.
  package var sawError = false
  /// Events with data that were passed on and are neither hidden nor errors nor the end.
  package var contentEvents = 0
  package var sawContent: Bool { contentEvents > 0 }

  package init() {}
}

/// How a stream stood when its bytes ended.
package enum StreamEnd: Sendable, Equatable {
  /// The answer is whole.
  case complete
  /// The provider ended it with an error event of its own, which was passed on.
  case failed
  /// The bytes ended too early. `withheld` bytes of an unfinished event were dropped; where
  /// `tailWasReleased`, the client has already got a part of that event.
  case truncated(withheld: Int, tailWasReleased: Bool)
}
