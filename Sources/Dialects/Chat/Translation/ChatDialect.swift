/// A dialect in which clients ask. Stateless: one for all event loops.
package protocol ClientDialect: Sendable {
  var name: ChatDialectName { get }

  /// Reads a client's body, which a peek has passed. Throws what names the field, where nobody could carry it.
  func decodeRequest(_ body: PaddedBytes, with peek: Peek) throws(PeekError) -> ChatRequest

  /// The body of a whole answer.
  func encodeAnswer(_ answer: ChatAnswer, as form: AnswerForm, with peek: Peek) -> PaddedBytes

  /// What writes a streamed answer.
  func makeStreamEncoder(as form: AnswerForm) -> any ChatStreamEncoder

  /// The body of an error, the provider's or ours. `status`: the one that the client is sent.
  func encodeError(_ error: ErrorBody, status: Int) -> PaddedBytes
}

/// A dialect in which providers are asked. Stateless: one for all event loops.
package protocol ProviderDialect: Sendable {
  var name: ChatDialectName { get }

  /// Writes a request for a provider. What it can't carry is left out and listed, or refused, as `Carrying` says.
  func encodeRequest(_ request: ChatRequest, with peek: Peek) throws(PeekError) -> ProviderRequest

  /// Reads a whole answer that isn't an error; nil where it is none.
  func decodeAnswer(_ body: PaddedBytes, with peek: Peek) -> ChatAnswer?

  /// What reads a streamed answer.
  func makeStreamDecoder() -> any ChatStreamDecoder

  /// Reads an answer that reports an error, in whatever form.
  func decodeError(_ body: PaddedBytes, status: Int, with peek: Peek) -> ChatError
}

/// Reads a stream, cut anywhere, into events. Of a stream that isn't sound it makes an error event. Memory is bounded whatever comes.
///
/// One for one stream, and not to be copied.
package protocol ChatStreamDecoder {
  /// Takes the next piece; appends the events that are whole by now.
  mutating func feed(_ bytes: UnsafeRawBufferPointer, with peek: Peek, into events: inout [ChatEvent])

  /// The stream has ended: takes what was only waiting for its end.
  mutating func finish(with peek: Peek, into events: inout [ChatEvent])
}

/// Writes events as a stream. Whole events of the dialect at a time, so that a stream that breaks can end in an error event.
///
/// One for one stream, and not to be copied.
package protocol ChatStreamEncoder {
  /// Appends what a client is to be sent of an event; behind `.end` or `.error` nothing follows.
  mutating func encode(_ event: ChatEvent, into bytes: PaddedBytes)
}

/// A request as a provider is sent it.
package struct ProviderRequest {
  package var body: PaddedBytes
  /// Behind the provider's base URL, `/chat/completions` for one; with a query where the dialect has one.
  package var path: String
  /// Header lines that the dialect wants, such as `anthropic-version: 2023-06-01`; credentials are not among them.
  package var headers: [String]
  /// What isn't carried; the client is to be told.
  package var dropped: [Dropped]
}

/// What an answer says that its provider doesn't, or differently.
package struct AnswerForm: Sendable, Equatable {
  /// The exchange's, where the provider gives none.
  package var id: String
  /// Seconds since 1970, where the provider doesn't say.
  package var created: Int
  /// The model's name, where the provider doesn't say.
  package var model: String
  /// The client wants usage at the end of a stream. Without effect where its dialect always sends it.
  package var includesUsage: Bool

  package init(id: String, created: Int, model: String, includesUsage: Bool = false) {
    (self.id, self.created, self.model) = (id, created, model)
    self.includesUsage = includesUsage
  }
}
